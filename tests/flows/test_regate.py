"""An earlier run judged again on corrected labels: before and after, in history and on both engines."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from cl_core import ConfigError
from cl_flows import GateFailed
from cl_flows.cli import main
from cl_flows.config import load_config
from cl_flows.corrections.patch import read_patch
from cl_flows.direct import run_direct
from cl_flows.history import read_history
from cl_flows.origins import read_origins
from cl_flows.review.decisions import Action, NewDecision, RunKey, decide
from trees import tree_gate

HEAD = "id,old,new,action,who,when,why\n"


@pytest.fixture
def project(tables: Path, tmp_path: Path) -> Path:
    """Folder with a gate.yaml over a copy of the noisy trees, a failed run, and two patches."""
    noisy, clean = (pd.read_csv(tables / f"{name}.csv") for name in ("noisy", "clean"))
    noisy.to_csv(tmp_path / "trees.csv", index=False)
    wrong = noisy[noisy["label"] != clean["label"]].assign(right=clean["label"])
    lines = [f"{row.tree},{row.label},{row.right},relabel,kim,,\n" for row in wrong.itertuples()]
    for name, half in (("half", lines[::2]), ("rest", lines[1::2])):
        (tmp_path / f"{name}.csv").write_text(HEAD + "".join(half))
    (tmp_path / "gate.yaml").write_text(yaml.safe_dump(tree_gate("trees.csv")))
    run_direct(load_config(tmp_path / "gate.yaml"))
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    out = capsys.readouterr()
    return int(left.value.code or 0), out.out, out.err


def again(project: Path, run: str, *more: str) -> list[str]:
    """Write the command; a name of a patch comes first."""
    patch = ["--patch", str(project / more[0])] if more else []
    return ["regate", run, *patch, *more[1:], "--output", str(project / "runs"), "--engine", "direct"]


def with_config(project: Path) -> tuple[str, str]:
    return "--config", str(project / "gate.yaml")


def test_a_run_is_judged_again_and_that_one_again_until_it_passes(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each time the new corrections lie over those before, and history tells which run was judged again."""
    (first,) = read_history(project / "runs" / "history.db")
    code, _, err = told(capsys, *again(project, "last", "half.csv"))
    assert (code, f"before: run {first.run_id} failed at" in err) == (3, True)
    second = read_history(project / "runs" / "history.db")[0]
    (project / "half.csv").unlink()  # a copy is kept: the run's settings stay true
    (project / "trees.csv").unlink()  # so are the rows
    code, _, err = told(capsys, *again(project, second.run_id, "rest.csv"))
    assert (code, f"before: run {second.run_id} failed at" in err) == (0, True)

    third = read_history(project / "runs" / "history.db")[0]
    assert third.noise_rate < second.noise_rate < first.noise_rate
    origins = read_origins(project / "runs" / "history.db")
    chain = {run_id: origin.rejudges for run_id, origin in origins.items()}
    assert chain == {second.run_id: first.run_id, third.run_id: second.run_id}
    where = ("--output", str(project / "runs"))
    assert f"judges {first.run_id} again" in told(capsys, "history", *where)[1]
    rows = json.loads(told(capsys, "history", "--format", "json", *where)[1])
    assert [row["rejudges"] for row in rows] == [second.run_id, first.run_id, None]
    assert rows[0]["measured_at"] >= rows[0]["finished_at"]
    table = told(capsys, "history", "--format", "csv", *where)[1].splitlines()
    assert table[0].endswith(",version,rejudges,measured_at")
    assert f",{second.run_id}," in table[1]
    notes = json.loads((project / "runs" / third.run_id / "report.json").read_text())["notes"]
    assert any(note.startswith(f"judges run {second.run_id} again, which failed at") for note in notes)
    assert any(note.startswith("corrections rest.csv: ") for note in notes)


def test_other_data_than_those_of_the_run_are_refused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before and after would not be about the same rows; nothing is recorded."""
    table = pd.read_csv(project / "trees.csv")
    table.iloc[1:].to_csv(project / "trees.csv", index=False)
    code, _, err = told(capsys, *again(project, "last", "half.csv", *with_config(project)))
    assert (code, "the data are not those that run" in err, "`labelgate run`" in err) == (2, True, True)
    assert len(read_history(project / "runs" / "history.db")) == 1


def test_a_run_that_is_not_there_and_a_patch_that_does_not_fit_are_refused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is fitted, under the patch's own name; no copy of it stays."""
    assert "called '1999'" in told(capsys, *again(project, "1999", "half.csv"))[2]
    arguments = again(project, "last", "half.csv")
    arguments[arguments.index("--output") + 1] = str(project / "elsewhere")
    assert "no runs in" in told(capsys, *arguments)[2]
    (project / "odd.csv").write_text(HEAD + "t9999,ash,birch,relabel,,,\n")
    code, _, err = told(capsys, *again(project, "last", "odd.csv"))
    assert (code, "corrections odd.csv: " in err, "no labelled row has the id 't9999'" in err) == (
        2,
        True,
        True,
    )
    (project / "none.csv").write_text(HEAD)
    code, _, err = told(capsys, *again(project, "last", "none.csv"))
    assert (code, "corrections none.csv have no answers, and would change nothing" in err) == (2, True)
    assert [path.name for path in (project / "runs" / "corrections").iterdir()] == []
    with pytest.raises(ConfigError, match=r"corrections\.rejudges is 'last'"):
        run_direct(
            load_config(project / "gate.yaml", {"corrections": {"files": ["half.csv"], "rejudges": "last"}})
        )


def test_with_its_gate_yaml_earlier_corrections_lie_below_the_new_ones(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The source is read again, and what it becomes is what the run judged."""
    assert told(capsys, *again(project, "last", "half.csv", *with_config(project)))[0] == 3
    code, _, err = told(capsys, *again(project, "last", "rest.csv", *with_config(project)))
    assert code == 0, err


def test_without_a_patch_what_people_settled_counts(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And where nobody did, it is refused."""
    code, _, err = told(capsys, *again(project, "last"))
    assert (code, "nobody settled a label of run" in err) == (2, True)
    database = project / "runs" / "history.db"
    (first,) = read_history(database)
    ids = pd.read_csv(project / "trees.csv")["tree"].tolist()
    words = [
        NewDecision(ids.index(one.id), one.id, one.old, Action.RELABEL, one.new, token=one.id)
        for name in ("half.csv", "rest.csv")
        for one in read_patch(project / name).answers
    ]
    decide(database, RunKey(first.run_id, first.fingerprint, first.dataset), "kim", words)
    code, _, err = told(capsys, *again(project, "last"))
    assert (code, f"before: run {first.run_id} failed at" in err) == (0, True), err
    (patch,) = (project / "runs" / "corrections").glob("*/decisions.csv")
    assert "kim" in patch.read_text()


def test_a_class_that_people_brought_in_is_a_class_of_the_next_run(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody need list what a decision says; in a patch the same word may be a typing error, and is named."""
    history = project / "runs" / "history.db"
    (first,) = read_history(history)
    noisy = pd.read_csv(project / "trees.csv")
    of_one = noisy[noisy["label"] == noisy["label"].iloc[0]].head(20)
    words = [
        NewDecision(int(place), str(row.tree), row.label, Action.RELABEL, "elm")
        for place, row in zip(of_one.index, of_one.itertuples(), strict=True)
    ]
    decide(history, RunKey(first.run_id, first.fingerprint, first.dataset), "kim", words)
    code, _, err = told(capsys, *again(project, "last"))
    assert code in {0, 3}, err
    lines = [f"{one.row_id},{one.given_label},elm,relabel,kim,,\n" for one in words]
    (project / "typed.csv").write_text(HEAD + "".join(lines))
    code, _, err = told(capsys, *again(project, first.run_id, "typed.csv"))
    assert (code, "no class of the data" in err, "`labelgate regate` by --new-class" in err) == (
        2,
        True,
        True,
    )
    code, _, err = told(capsys, *again(project, first.run_id, "typed.csv", "--new-class", ""))
    assert (code, "a new class has no name" in err) == (2, True)
    settled = read_history(history)[0]
    code, _, err = told(capsys, *again(project, first.run_id, "typed.csv", "--new-class", "elm"))
    assert code in {0, 3}, err
    named = read_history(history)[0]
    assert named.run_id != settled.run_id
    assert (named.fingerprint, named.noise_rate) == (settled.fingerprint, settled.noise_rate)


def test_a_secret_in_plain_sight_wants_the_gate_yaml(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No record keeps it."""
    raw = yaml.safe_load((project / "gate.yaml").read_text())
    raw["publish"] = [{"publisher": "webhook", "url": "http://127.0.0.1:9/hush-hush", "when": "change"}]
    (project / "gate.yaml").write_text(yaml.safe_dump(raw))
    run_direct(load_config(project / "gate.yaml"))
    code, _, err = told(capsys, *again(project, "last", "half.csv"))
    assert (code, "held a secret" in err, "gate.yaml" in err) == (2, True, True), err


@pytest.mark.prefect
def test_the_flow_keeps_the_name_of_the_verdict(
    project: Path, prefect_api: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half the corrections are not enough: the parent is no plain failure, the caller gets the verdict."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowFilter, FlowFilterName
    from prefect.client.schemas.sorting import FlowRunSort

    from cl_flows.regate import regate

    where: dict[str, Any] = {"output": project / "runs"}
    with pytest.raises(GateFailed) as failed:
        regate("last", patch=project / "half.csv", **where)
    state = regate(failed.value.result.run_id, patch=project / "rest.csv", return_state=True, **where)
    assert state.name == "Completed"
    assert read_history(project / "runs" / "history.db")[0].status == "passed"
    state = regate("last", patch=project / "rest.csv", return_state=True, **where)
    assert state.name == "Completed"  # nothing was left to correct
    first = read_history(project / "runs" / "history.db")[-1]
    state = regate(first.run_id, patch=project / "half.csv", return_state=True, **where)
    assert (state.type.value, state.name) == ("FAILED", "NoiseGateFailed")
    state = regate(first.run_id, patch=project / "half.csv", advisory=True, return_state=True, **where)
    assert (state.type.value, state.name) == ("COMPLETED", "NoiseGateFailedAdvisory")

    monkeypatch.setenv("PREFECT_API_URL", prefect_api)  # so does the command line, which runs the same flow
    code, _, err = told(capsys, *again(project, first.run_id, "half.csv")[:-1], "prefect")
    assert (code, f"before: run {first.run_id} failed at" in err) == (3, True), err
    with get_client(sync_client=True) as client:
        ours = FlowFilter(name=FlowFilterName(any_=["regate"]))
        (run,) = client.read_flow_runs(flow_filter=ours, sort=FlowRunSort.START_TIME_DESC, limit=1)
    assert run.state is not None
    assert (run.state.name, run.parameters["patch"]) == ("NoiseGateFailed", str(project / "half.csv"))
