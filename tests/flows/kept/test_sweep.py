"""Rows go with the last run that names them, and not before."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cl_flows.cli import main
from cl_flows.direct import run_direct
from cl_flows.kept import open_kept
from cl_flows.kept.places import rows_lock
from cl_flows.kept.sweep import sweep_rows
from cl_flows.locks import ProcessLock


def there(output: Path) -> set[str]:
    return {path.name for path in (output / "rows").iterdir() if path.is_dir()}


def test_rows_stay_while_a_run_names_them(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """Two runs share them: they go with the second; what is not theirs stays."""
    first, second = (run_direct(gate_config(tables / "noisy.csv", tmp_path)).run_id for _ in range(2))
    other = run_direct(gate_config(tables / "clean.csv", tmp_path)).run_id
    (tmp_path / "rows" / "somebody else's").mkdir()
    shared = open_kept(tmp_path, first).rows_folder().name
    shutil.rmtree(tmp_path / first)
    assert sweep_rows(tmp_path) == []
    assert [one.name for one in sweep_rows(tmp_path, without={second}, dry_run=True)] == [shared]
    shutil.rmtree(tmp_path / second)
    (gone,) = sweep_rows(tmp_path)
    assert (gone.name, gone.n_bytes > 10_000) == (shared, True)
    assert there(tmp_path) == {open_kept(tmp_path, other).rows_folder().name, "somebody else's"}
    assert sweep_rows(tmp_path / "nothing") == []


def test_a_run_in_the_middle_of_its_end_keeps_its_rows(
    tables: Path, tmp_path: Path, gate_config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hidden run names rows, too, and nothing goes while another process holds the lock."""
    run = run_direct(gate_config(tables / "noisy.csv", tmp_path)).run_id
    hidden = tmp_path / f".{run}.partial"
    (tmp_path / run).rename(hidden)
    assert sweep_rows(tmp_path) == []
    shutil.rmtree(hidden)
    lock = ProcessLock(rows_lock(tmp_path))
    assert lock.acquire(wait_s=0)
    monkeypatch.setattr("cl_flows.kept.sweep._WAIT_S", 0)
    assert sweep_rows(tmp_path) == []
    lock.release()
    assert len(sweep_rows(tmp_path)) == 1


def test_pruning_counts_the_rows(
    tables: Path, tmp_path: Path, gate_config: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """`labelgate history prune` removes rows with their last run, and says what both free."""
    for name in ("noisy", "clean"):
        copy = tmp_path / "trees.csv"
        copy.write_bytes((tables / f"{name}.csv").read_bytes())
        run_direct(gate_config(copy, tmp_path / "runs"))
    words = ["history", "prune", "--keep", "1", "--output", str(tmp_path / "runs")]
    said = []
    for more in (["--dry-run"], []):
        with pytest.raises(SystemExit):
            main([*words, *more])
        said.append(capsys.readouterr())
    assert [line.split()[0] for line in said[1].out.splitlines()][1:] == ["rows"]
    assert said[0].out == said[1].out
    assert "1 runs, rows of 1" in said[1].err
    assert len(there(tmp_path / "runs")) == 1


KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from cl_flows.kept import sweep
shutil.rmtree = lambda *words, **more: os.kill(os.getpid(), signal.SIGKILL)
sweep.sweep_rows(Path(sys.argv[1]))
"""


def test_what_a_killed_sweep_hid_goes_with_the_next(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """Never half a folder in sight."""
    run = run_direct(gate_config(tables / "noisy.csv", tmp_path)).run_id
    shutil.rmtree(tmp_path / run)
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert [name[:9] for name in there(tmp_path)] == [".removed-"]
    sweep_rows(tmp_path)
    assert there(tmp_path) == set()


def test_limits_of_gate_yaml_sweep_rows_after_a_run(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """Changed data leave no rows of pruned runs behind."""
    copy = tmp_path / "trees.csv"
    for name in ("noisy", "clean", "noisy"):
        copy.write_bytes((tables / f"{name}.csv").read_bytes())
        config = gate_config(copy, tmp_path / "runs", preset="report-only")
        output = config.output.model_copy(update={"keep_runs": 1})
        run_direct(config.model_copy(update={"output": output}))
    named = {
        json.loads(path.read_text(encoding="utf-8"))["rows"]["folder"]
        for path in (tmp_path / "runs").glob("*/run.json")
    }
    assert there(tmp_path / "runs") == named
