"""`labelgate corrections` from decisions to a gate that passes."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cl_flows.cli import main
from cl_flows.database.place import history_in
from cl_flows.kept import open_kept
from cl_flows.review.decisions import Action, NewDecision, decide, run_key
from cl_flows.review.index import RunIndex


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    out, err = capsys.readouterr()
    return int(left.value.code or 0), out, err


GATE = """
data: {path: noisy.csv, label: label, id: tree}
model: {backend: tabular, estimator: logistic}
gate: {max_noise_rate: 0.05, great_expectations: false}
"""


@pytest.fixture
def where(tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """Gate 300 rows, a fifth of their labels wrong, and leave."""
    (tmp_path / "noisy.csv").write_bytes((tables / "noisy.csv").read_bytes())
    (tmp_path / "gate.yaml").write_text(GATE)
    output = ("--output", str(tmp_path / "runs"))
    assert told(capsys, "run", str(tmp_path / "gate.yaml"), *output)[0] == 3
    return output


def decided(output: Path) -> None:
    """Take every suggestion for flagged rows but two."""
    kept = open_kept(output, "last")
    index = RunIndex(kept)
    flagged = [index.row(int(p)) for p in index.order if index.flagged[p]]
    take = [NewDecision(r.position, r.id, r.given, Action.RELABEL, r.suggested) for r in flagged[2:]]
    out = NewDecision(flagged[0].position, flagged[0].id, flagged[0].given, Action.NONE, note="a bush")
    decide(history_in(output), run_key(kept), "kim", [*take, out])
    other = NewDecision(flagged[2].position, flagged[2].id, flagged[2].given, Action.KEEP)
    decide(history_in(output), run_key(kept), "lee", [other])


def test_from_decisions_to_a_gate_that_passes(
    where: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status, patch, regate, corrected file, log; people are told on standard error, machines on output."""
    decided(tmp_path / "runs")
    code, out, err = told(capsys, "corrections", "status", *where)
    assert (code, out) == (0, "")
    assert "1 disputed" in err
    assert "suspects not settled yet: 2 of " in err
    assert "1 rows with several opinions: raw agreement 0%" in err
    facts = json.loads(told(capsys, "corrections", "status", "last", "--format", "json", *where)[1])
    assert (facts["exclude"], facts["disputed"], facts["people"]["lee"]) == (1, 1, 1)
    assert facts["agreement"]["pairs"][0]["kappa"] == 0
    assert facts["suspects"] == facts["suspects_left"] + facts["relabel"] + facts["exclude"]

    fixes = tmp_path / "fixes.csv"
    assert told(capsys, "corrections", "patch", "last", "--to", str(fixes), *where)[0] == 0
    assert len(pd.read_csv(fixes)) == facts["relabel"] + 1
    log = tmp_path / "log.jsonl"
    assert told(capsys, "corrections", "log", "last", "--to", str(log), *where)[0] == 0
    assert len(log.read_text().splitlines()) == facts["relabel"] + 3

    new = tmp_path / "new.csv"
    code, out, err = told(capsys, "corrections", "export", "last", "--to", str(new), *where)
    assert f"299 labelled rows, {facts['relabel']} of them relabelled" in err
    assert "1 excluded rows left out" in err
    assert len(pd.read_csv(new)) == 299
    again = ("regate", "last", "--patch", str(fixes), "--config", str(tmp_path / "gate.yaml"))
    assert told(capsys, *again, *where)[0] == 0


def test_tasks_out_and_answers_in(
    where: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows that are settled are no tasks any more."""
    decided(tmp_path / "runs")
    path = tmp_path / "tasks.json"
    arguments = ("corrections", "export", "last", "--as", "label-studio", "--to", str(path), *where)
    assert told(capsys, *arguments)[0] == 0
    tasks: list[dict[str, Any]] = json.loads(path.read_text())
    assert len(tasks) == 2  # the one nobody judged, and the disputed one
    for task in tasks:
        result = {"type": "choices", "from_name": "label", "value": {"choices": ["ash"]}}
        task["annotations"] = [{"result": [result]}]
    path.write_text(json.dumps(tasks))
    taken = ("corrections", "import", "last", str(path), "--from", "label-studio", "--who", "mia", *where)
    assert "2 answers of mia taken, 0 known already" in told(capsys, *taken)[2]
    assert "0 answers of mia taken, 2 known already" in told(capsys, *taken)[2]
    folder = tmp_path / "rg"
    more = ("corrections", "export", "last", "--as", "argilla", "--rows", "7", "--to", str(folder), *where)
    assert "7 open rows as tasks" in told(capsys, *more)[2]
    assert len(json.loads((folder / "records.json").read_text())) == 7


def test_decisions_of_an_earlier_run_reach_a_patch_on_demand(
    where: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The data changed elsewhere: nobody decides these rows twice, and nobody is bound unasked."""
    decided(tmp_path / "runs")
    table = pd.read_csv(tmp_path / "noisy.csv")
    table["girth"] += 0.001
    table.to_csv(tmp_path / "noisy.csv", index=False)
    before = set((tmp_path / "runs").glob("2*"))
    assert told(capsys, "run", str(tmp_path / "gate.yaml"), *where)[0] == 3
    (later,) = set((tmp_path / "runs").glob("2*")) - before  # `last` may be either within one second
    said = told(capsys, "corrections", "status", later.name, *where)[2]
    assert "words of earlier runs on rows that are the same" in said
    for extra, rows in (((), 0), (("--carried",), 5)):
        path = tmp_path / f"fixes{len(extra)}.csv"
        assert told(capsys, "corrections", "patch", later.name, "--to", str(path), *extra, *where)[0] == 0
        assert len(pd.read_csv(path)) >= rows
    assert len(pd.read_csv(tmp_path / "fixes0.csv")) == 0


def test_where_to_write_must_be_said(where: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """Neither a file nor in place is an error of usage, and so are both."""
    for extra in ((), ("--to", "x.csv", "--in-place"), ("--as", "argilla", "--in-place")):
        assert told(capsys, "corrections", "export", "last", *extra, *where)[0] == 2
