"""Retention: which runs go, which never do, and that nothing is half gone."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cl_core import Baseline, ConfigError
from cl_flows.baselines import accept_run, find_baseline, write_figures
from cl_flows.claims import drop_claim, new_claim, write_claim
from cl_flows.cli import main
from cl_flows.database.connect import writing
from cl_flows.database.tables import AUDITS
from cl_flows.direct import run_direct
from cl_flows.history import read_history, recording
from cl_flows.retention import Retention, prune, refuse_gone
from cl_flows.review.decisions import Action, NewDecision, RunKey, decide
from cl_flows.runs import new_run_id, open_run
from history_rows import history_row

NOW = datetime(2026, 1, 20, tzinfo=UTC)
KEEP_ONE = Retention(1, None)


def ran(output: Path, day: int, *, dataset: str = "cats", passed: bool = False) -> str:
    """Leave a finished run of that day of January: a folder of 1,000 bytes and a row."""
    moment, run_id = f"2026-01-{day:02}T00:00:00.000+00:00", f"202601{day:02}-000000-aaaaaa"
    row = history_row(
        f"{run_id}-{dataset}",
        day,
        dataset=dataset,
        finished_at=moment,
        status="passed" if passed else "failed",
        noise_rate=0.1,
        low=0.05,
        high=0.2,
        max_noise_rate=0.08,
    )
    figures = Baseline(row.run_id, moment, 100, 0.1, 0.05, 0.2, "auto")
    with recording(output / "history.db", row) as connection:
        write_figures(connection, figures, accepted=passed)
        (output / row.run_id).mkdir()
        (output / row.run_id / "report.json").write_text("x" * 1000)
    return row.run_id


def folders(output: Path) -> list[str]:
    return sorted(path.name for path in output.iterdir() if path.is_dir())


def gone(output: Path, how: Retention, **more: Any) -> list[str]:
    return [one.run_id for one in prune(output, output / "history.db", how, now=NOW, **more)]


def test_the_oldest_go_and_history_keeps_their_rows(tmp_path: Path) -> None:
    """A run goes when it is too many or too old; a dry run only says so."""
    runs = [ran(tmp_path, day) for day in range(1, 6)]
    other = [ran(tmp_path, day, dataset="dogs") for day in (1, 2)]
    keep_three = Retention(3, None)
    assert gone(tmp_path, keep_three, dry_run=True) == [runs[1], runs[0]]
    assert len(folders(tmp_path)) == 7
    pruned = prune(tmp_path, tmp_path / "history.db", keep_three, now=NOW)
    assert [(one.run_id, one.n_bytes) for one in pruned] == [(runs[1], 1000), (runs[0], 1000)]
    assert gone(tmp_path, Retention(None, 16.5), dataset="cats") == [runs[2]]
    assert gone(tmp_path, Retention(None, 0.5), dataset="dogs") == other[:1]
    assert folders(tmp_path) == sorted([*runs[3:], other[1]])
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert len(read_history(tmp_path / "history.db")) == 7
    with pytest.raises(ConfigError, match="was pruned on 2026-01-20"):
        refuse_gone(tmp_path / "history.db", "20260102-000000-aaaaaa-c")
    with pytest.raises(ConfigError, match=f"{runs[4]} is in history, but its folder is not here"):
        refuse_gone(tmp_path / "history.db", runs[4][:10])
    assert gone(tmp_path, Retention(3, 0.5, rows=True), dataset="cats") == runs[3::-1]
    assert [row.run_id for row in read_history(tmp_path / "history.db", dataset="cats")] == [runs[4]]


def test_what_is_needed_never_goes(tmp_path: Path) -> None:
    """The newest, the run others are measured by, the one gate.yaml names, and those that people look at."""
    passed = ran(tmp_path, 1, passed=True)
    by_name, audited, reviewed, plain, newest = (ran(tmp_path, day) for day in range(2, 7))
    keep = NewDecision(0, "a", "cat", Action.KEEP)
    decide(tmp_path / "history.db", RunKey(reviewed, "abc", "cats"), "kim", [keep])
    with writing(tmp_path / "history.db") as connection:
        row = {"run_id": audited, "fingerprint": "abc", "plan": "{}", "seed": 0, "changed_at": ""}
        connection.execute(AUDITS.insert().values(**row))
    strict = Retention(1, 0.001, baseline=by_name[:10])
    assert gone(tmp_path, strict) == [plain]
    assert folders(tmp_path) == sorted([passed, by_name, audited, reviewed, newest])
    assert gone(tmp_path, replace(strict, audited=True, rows=True)) == [plain, reviewed, audited]
    accept_run(tmp_path / "history.db", by_name, who="kim", reason="why")
    assert gone(tmp_path, KEEP_ONE) == [passed]
    assert find_baseline(tmp_path / "history.db", "cats").run_id == by_name  # type: ignore[union-attr]
    assert gone(tmp_path / "nothing", KEEP_ONE) == []


def test_a_run_whose_rows_people_decided_about_stays(tmp_path: Path) -> None:
    """Their words would stay on record anyway; so do the rows that they are about."""
    decided, plain, _ = (ran(tmp_path, day) for day in range(2, 5))
    run = RunKey(decided, "abc", "dogs")
    decide(tmp_path / "history.db", run, "kim", [NewDecision(0, "t0", "ash", Action.KEEP)])
    assert gone(tmp_path, Retention(1, 0.001)) == [plain]
    assert gone(tmp_path, Retention(1, 0.001, audited=True)) == [decided]


def test_a_run_that_waits_for_people_stays_until_it_is_decided(tmp_path: Path) -> None:
    """Though the audit that decides it is of an earlier run on the same rows, and whatever else goes."""
    waits, _ = (ran(tmp_path, day) for day in (1, 2))
    write_claim(tmp_path, replace(new_claim(waits, "flow-run"), pauses=1))
    how = replace(KEEP_ONE, audited=True, rows=True)
    assert gone(tmp_path, how) == []
    drop_claim(tmp_path, waits)
    assert gone(tmp_path, how) == [waits]


def test_two_prunings_and_gates_at_once_leave_whole_folders(tmp_path: Path) -> None:
    """Every run goes once, and a run that goes on is none of them."""
    runs = [ran(tmp_path, day) for day in range(1, 21)]
    with open_run(tmp_path, new_run_id()) as going:
        (going.work / "half").write_text("x")
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: gone(tmp_path, Retention(2, None)), range(4)))
        assert (going.work / "half").exists()
    assert sorted(run for runs_ in found for run in runs_) == runs[:18]
    assert folders(tmp_path) == runs[18:]


KILLED = """
import os, signal, sys
from pathlib import Path
from cl_flows import retention
before = retention._recorded
def killed(*words):
    before(*words)
    os.kill(os.getpid(), signal.SIGKILL)
retention._recorded = killed
retention.prune(Path(sys.argv[1]), Path(sys.argv[1]) / "history.db", retention.Retention(1, None))
"""


def test_what_a_killed_pruning_hid_is_swept_by_the_next_run(tmp_path: Path) -> None:
    """Never half a folder in sight, and the disk is free again."""
    runs = [ran(tmp_path, day) for day in (1, 2)]
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert runs[0] not in folders(tmp_path)
    with open_run(tmp_path, new_run_id()):
        assert f".{runs[0]}.partial" not in folders(tmp_path)
    assert folders(tmp_path) == [runs[1]]
    assert os.listdir(tmp_path / runs[1]) == ["report.json"]  # noqa: PTH208


def test_a_history_that_cannot_be_written_keeps_every_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders come back when their going cannot be put on record."""
    runs = [ran(tmp_path, day) for day in (1, 2)]

    def broken(*_: object) -> None:
        raise ConfigError("the disk is full")

    monkeypatch.setattr("cl_flows.retention._recorded", broken)
    with pytest.raises(ConfigError, match="disk is full"):
        gone(tmp_path, KEEP_ONE)
    assert folders(tmp_path) == runs


def test_limits_in_gate_yaml_hold_after_every_run(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """The newest run and the last that passed stay; a fault of pruning leaves the verdict alone."""
    config = gate_config(tables / "noisy.csv", tmp_path)
    config = config.model_copy(update={"output": config.output.model_copy(update={"keep_runs": 2})})
    results = [run_direct(config) for _ in range(4)]
    there = [name for name in folders(tmp_path) if name[0].isdigit()]
    assert there == sorted(result.run_id for result in results[2:])
    assert len(read_history(tmp_path / "history.db")) == 4


def test_a_run_whose_row_is_not_kept_shows_no_folder(
    tables: Path, tmp_path: Path, gate_config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the very last write fails, the run never was."""
    from sqlalchemy import Connection
    from sqlalchemy.exc import OperationalError

    def full(self: Connection) -> None:  # noqa: ARG001
        raise OperationalError("COMMIT", {}, Exception("database or disk is full"))

    monkeypatch.setattr(Connection, "_commit_impl", full)
    with pytest.raises(ConfigError, match="disk is full"):
        run_direct(gate_config(tables / "clean.csv", tmp_path))
    monkeypatch.undo()
    assert [name for name in folders(tmp_path) if name[0].isdigit()] == []
    assert read_history(tmp_path / "history.db") == []


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    return int(left.value.code or 0), *capsys.readouterr()


def test_the_command_line_prunes_and_shows_the_trend(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bars on one scale a data set, a star at the baseline, CSV and JSON, and what was freed."""
    runs = [ran(tmp_path, 1, passed=True), ran(tmp_path, 2), ran(tmp_path, 3)]
    where = ("--output", str(tmp_path))
    code, out, err = told(capsys, "history", *where)
    assert code == 0
    lines = out.splitlines()
    assert [runs[2] in lines[0], "*" in lines[0], "*" in lines[2]] == [True, False, True]
    assert "███████|█░░░░░░░░░" in lines[0]
    assert "measured by this one" in err
    assert told(capsys, "history", "--since", "2026-01-02", *where)[1].count("\n") == 2
    table = told(capsys, "history", "--dataset", "cats", "--format", "csv", *where)[1]
    assert table.splitlines()[1].startswith(f"{runs[2]},cats,2026-01-03")
    assert len(json.loads(told(capsys, "history", "--format", "json", *where)[1])) == 3

    assert told(capsys, "history", "prune", *where)[0] == 2
    assert told(capsys, "history", "prune", "--older-than", "soon", *where)[0] == 2
    code, out, err = told(capsys, "history", "prune", "--keep", "1", "--dry-run", *where)
    assert (code, runs[1] in out, "would free 0.0 MB: 1 runs" in err) == (0, True, True)
    assert told(capsys, "history", "prune", "--older-than", "1h", *where)[0] == 0
    assert folders(tmp_path) == [runs[0], runs[2]]
    code, _, err = told(capsys, "report", runs[1], *where)
    assert code == 2
    assert "was pruned on" in err
