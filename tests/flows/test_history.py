"""History: a row a finished run, and none for any other."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from cl_core import ConfigError
from cl_flows.history import HistoryRow, read_history, recording

ROW = HistoryRow(
    run_id="20260101-000000-aaaaaa",
    dataset="cats",
    started_at="2026-01-01T00:00:00.000+00:00",
    finished_at="2026-01-01T00:00:01.000+00:00",
    status="passed",
    says="1.0 % of labels are wrong",
    noise_rate=0.01,
    low=0.0,
    high=0.02,
    max_noise_rate=0.05,
    method="confident_joint",
    n_rows=100,
    n_flagged=1,
    model="tabular",
    fingerprint="abc",
    engine="direct",
    version="0.1.0",
)


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
