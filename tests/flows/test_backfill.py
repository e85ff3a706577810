"""History from dated partitions: filed under their days, resumed, and never taken for today's."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from cl_flows.baselines import find_baseline
from cl_flows.cli import main
from cl_flows.config import load_config
from cl_flows.direct import run_direct
from cl_flows.history import read_history
from cl_flows.metrics.newest import newest_measures
from cl_flows.origins import read_origins
from cl_flows.runs import find_run
from trees import tree_gate


@pytest.fixture
def project(tables: Path, tmp_path: Path) -> Path:
    """Folder with a gate.yaml over today's rows, and a clean, a broken and a noisy partition."""
    clean, noisy = (pd.read_csv(tables / f"{name}.csv") for name in ("clean", "noisy"))
    clean.to_csv(tmp_path / "today.csv", index=False)
    for day, table in ((5, clean), (6, None), (7, noisy)):
        path = tmp_path / "parts" / f"day=2026-01-0{day}" / "part.csv"
        path.parent.mkdir(parents=True)
        if table is None:
            path.write_text("tree,label\nt0\n")
        else:
            table.to_csv(path, index=False)
    raw = tree_gate("today.csv")
    raw["data"]["name"] = "trees"
    raw["publish"] = [{"publisher": "append_markdown", "path": "log.md", "when": "always"}]
    (tmp_path / "gate.yaml").write_text(yaml.safe_dump(raw))
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    out = capsys.readouterr()
    return int(left.value.code or 0), out.out, out.err


def command(project: Path, *more: str) -> list[str]:
    pattern = str(project / "parts" / "day=*" / "part.csv")
    return [*("backfill", str(project / "gate.yaml"), "--partitions", pattern, "--engine", "direct"), *more]


def test_partitions_stand_under_their_days_and_nothing_takes_them_for_todays(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bad one stops no other; today's run stays the newest, the baseline, and the last that was told."""
    today = run_direct(load_config(project / "gate.yaml"))
    log = (project / "log.md").read_text()
    code, out, _ = told(capsys, *command(project, "--format", "json"))
    assert code == 1
    statuses = {one["source"]: one["status"] for one in json.loads(out)["gates"]}
    assert statuses == {
        "trees of 2026-01-05": "passed",
        "trees of 2026-01-06": "crashed",
        "trees of 2026-01-07": "failed",
    }
    database = project / "runs" / "history.db"
    rows = read_history(database)
    assert [row.started_at[:10] for row in rows[1:]] == ["2026-01-07", "2026-01-05"]
    assert all(row.finished_at > row.started_at and row.run_id[:4] == "2026" for row in rows[1:])
    origins = read_origins(database)
    assert {origins[row.run_id].measured_at > rows[0].started_at for row in rows[1:]} == {True}

    baseline = find_baseline(database, "trees")
    assert baseline is not None
    (newest,) = newest_measures(project / "runs")
    assert rows[0].run_id == baseline.run_id == find_run(project / "runs", "last").name == today.run_id
    assert newest.status == "passed"
    assert (project / "log.md").read_text() == log
    report = json.loads((project / "runs" / rows[1].run_id / "report.json").read_text())
    assert report["baseline"]["run"] == rows[2].run_id  # not today's, which is of later
    assert any(note.startswith("data of 2026-01-07 00:00Z, measured at") for note in report["notes"])
    listed = told(capsys, "history", "--output", str(project / "runs"))[1].splitlines()
    assert ["measured" in line for line in listed] == [False, True, True]

    pd.read_csv(project / "today.csv").to_csv(project / "parts" / "day=2026-01-06" / "part.csv", index=False)
    code, _, err = told(capsys, *command(project))  # goes on with what is missing
    assert (code, "3 partitions, 2 of them in history already" in err) == (0, True)
    code, out, _ = told(capsys, *command(project, "--format", "json"))
    assert (code, json.loads(out)["gates"], len(read_history(database))) == (0, [], 4)


@pytest.mark.prefect
def test_the_flow_tells_what_is_missing_and_measures_a_day_again_when_asked(
    project: Path, prefect_api: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A failed partition is a finding, a crash leaves the backfill incomplete; from the command line, too."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowFilter, FlowFilterName
    from prefect.client.schemas.sorting import FlowRunSort

    from cl_flows.backfill import backfill

    seventh = {"data": {"path": "parts/day=2026-01-07/part.csv"}, "as_of": "2026-01-07"}
    run_direct(load_config(project / "gate.yaml", seventh))
    where: dict[str, Any] = {"partitions": "parts/day={date}/part.csv", "return_state": True}
    state = backfill(project / "gate.yaml", first="2026-01-06", last="2026-01-07", **where)
    assert (state.type.value, state.name) == ("FAILED", "BackfillIncomplete")
    assert str(state.message).startswith("1 gate: 1 crashed: trees of 2026-01-06")
    state = backfill(project / "gate.yaml", first="2026-01-07", last="2026-01-07", again=True, **where)
    assert (state.name, [one.status for one in state.result().gates]) == ("Completed", ["failed"])
    starts = [row.started_at for row in read_history(project / "runs" / "history.db")]
    assert starts == ["2026-01-07T00:00:00.001+00:00", "2026-01-07T00:00:00.000+00:00"]

    monkeypatch.setenv("PREFECT_API_URL", prefect_api)
    monkeypatch.chdir(project)
    days = ("--partitions", "parts/day={date}/part.csv", "--from", "2026-01-05", "--to", "2026-01-06")
    code, _, err = told(capsys, "backfill", "gate.yaml", *days)
    assert (code, "2 gates: 1 crashed, 1 passed" in err) == (1, True), err
    with get_client(sync_client=True) as client:
        ours = FlowFilter(name=FlowFilterName(any_=["backfill"]))
        (run,) = client.read_flow_runs(flow_filter=ours, sort=FlowRunSort.START_TIME_DESC, limit=1)
    assert run.state is not None
    assert (run.state.name, run.parameters["first"]) == ("BackfillIncomplete", "2026-01-05")
