"""History: a row a finished run, and none for any other."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from cl_core import ConfigError, GateError
from cl_flows.config import make_config
from cl_flows.database import connect
from cl_flows.history import read_history, recording
from cl_flows.plan import make_plan
from cl_flows.steps import load
from history_rows import history_row

ROW = history_row()


def test_a_recorded_run_comes_back_whole(tmp_path: Path) -> None:
    """What is written is what is read."""
    with recording(tmp_path / "history.db", ROW):
        pass
    assert read_history(tmp_path / "history.db") == [ROW]


def test_a_run_whose_results_could_not_be_shown_is_not_in_history(tmp_path: Path) -> None:
    """History and run folders agree, whatever goes wrong between them."""
    with pytest.raises(OSError, match="disk full"), recording(tmp_path / "history.db", ROW):
        raise OSError("disk full")
    assert read_history(tmp_path / "history.db") == []


def test_the_newest_runs_come_first_and_can_be_narrowed_to_one_data_set(tmp_path: Path) -> None:
    """People ask for the last runs of one data set."""
    database = tmp_path / "history.db"
    rows = [
        replace(ROW, run_id=f"r{i}", started_at=f"2026-01-0{i}", dataset="dogs" if i == 2 else "cats")
        for i in (1, 2, 3)
    ]
    for row in rows:
        with recording(database, row):
            pass
    assert [row.run_id for row in read_history(database)] == ["r3", "r2", "r1"]
    assert [row.run_id for row in read_history(database, dataset="cats", limit=1)] == ["r3"]


def test_no_history_is_an_empty_history(tmp_path: Path) -> None:
    """Asking makes no database."""
    assert read_history(tmp_path / "history.db") == []
    assert not (tmp_path / "history.db").exists()


def test_eight_runs_that_finish_at_once_are_all_on_record(tmp_path: Path) -> None:
    """A writer waits for the others."""

    def record(i: int) -> None:
        with recording(tmp_path / "history.db", replace(ROW, run_id=f"r{i}")):
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(record, range(40)))
    assert len(read_history(tmp_path / "history.db", limit=100)) == 40


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """The error names the file and the way out."""
    path = tmp_path / "history.db"
    path.write_text("not a database, but long enough to be read as one " * 20)
    with pytest.raises(ConfigError, match="cannot be used") as refused:
        read_history(path)
    assert isinstance(refused.value.__cause__, sqlite3.Error)


def test_a_history_that_another_program_holds_is_left_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told to move a file aside that somebody is writing; there is no verdict, and no bad input."""
    monkeypatch.setattr(connect, "_WAIT_S", 0.01)
    path = tmp_path / "history.db"
    with recording(path, ROW):
        pass
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(GateError, match="is locked") as refused:
            read_history(path)
    assert "close that one" in refused.value.hint
    assert read_history(path) == [ROW]


def test_a_history_that_cannot_be_opened_says_to_look_at_rights(tmp_path: Path) -> None:
    """A folder where the file should be is no damaged database."""
    (tmp_path / "history.db").mkdir()
    with pytest.raises(ConfigError, match="unable to open") as refused:
        read_history(tmp_path / "history.db")
    assert "who may write" in refused.value.hint


def test_a_history_that_cannot_be_used_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    """Not after hours of fitting: the data file, which is not there either, is not even looked for."""
    (tmp_path / "history.db").write_text("not a database, but long enough to be read as one " * 20)
    raw = {
        "data": {"path": str(tmp_path / "nowhere.csv")},
        "gate": {"max_noise_rate": 0.1},
        "output": {"folder": str(tmp_path)},
    }
    with pytest.raises(ConfigError, match="file is not a database"):
        load(make_plan(make_config(raw, "test")))
