"""Accepted runs: which one counts, by whose word, and what an old database still tells."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cl_core import Baseline, ClassFigures, ConfigError, InputError
from cl_flows.baselines import accept_run, find_baseline, read_acceptances, write_figures
from cl_flows.history import read_history, recording
from history_rows import history_row

CLASSES = (ClassFigures("kitten", 60, 0.01, 0.0, 0.02), ClassFigures("rare", 0))


def record(database: Path, day: int, *, accepted: bool = True, **changes: Any) -> str:
    """Put a run of that day of January on record."""
    moment = f"2026-01-{day:02}T00:00:00.000+00:00"
    run_id = f"202601{day:02}-000000-aaaaaa"
    row = history_row(run_id, day, **changes)
    figures = Baseline(run_id, moment, 100, 0.01, 0.0, 0.02, "auto", "tabular", 0.9, 3, CLASSES)
    with recording(database, row) as connection:
        write_figures(connection, figures, accepted=accepted)
    return run_id


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Name a history that is not there yet."""
    return tmp_path / "history.db"


def test_the_newest_run_that_passed_counts_with_all_its_figures(database: Path) -> None:
    """Neither a failed one nor another data set's."""
    record(database, 1)
    second = record(database, 2)
    record(database, 3, accepted=False, status="failed")
    record(database, 4, accepted=False)  # passed because nothing could fail it
    record(database, 5, dataset="dogs")
    found = find_baseline(database, "cats")
    assert found is not None
    assert (found.run_id, found.classes, found.n_unlabelled) == (second, CLASSES, 3)
    assert find_baseline(database, "owls") is None


def test_a_person_can_accept_a_run_until_a_newer_one_passes(database: Path) -> None:
    """With a name and a reason, which stay on record; the last word counts."""
    record(database, 1)
    failed = record(database, 2, accepted=False, status="failed")
    moment = datetime(2026, 1, 3, tzinfo=UTC)
    accepted, dataset = accept_run(database, "20260102", who="kim", reason="new rules", now=moment)
    assert (accepted.run_id, dataset) == (failed, "cats")
    found = find_baseline(database, "cats")
    assert found is not None
    assert (found.run_id, found.accepted_by, found.reason) == (failed, "kim", "new rules")
    assert read_acceptances(database)[failed].who == "kim"
    newer = record(database, 4)
    assert find_baseline(database, "cats").run_id == newer  # type: ignore[union-attr]
    accept_run(database, "last", who="lee", reason="again", now=datetime(2026, 1, 5, tzinfo=UTC))
    assert find_baseline(database, "cats").accepted_by == "lee"  # type: ignore[union-attr]


def test_a_run_can_be_named(database: Path) -> None:
    """By the beginning of its id; of this data set, and one only."""
    first = record(database, 1, accepted=False, status="failed")
    record(database, 2)
    record(database, 3, dataset="dogs")
    assert find_baseline(database, "cats", wanted="20260101").run_id == first  # type: ignore[union-attr]
    for wanted, says in (("2026", "2 runs"), ("20260103", "no run"), ("", "called ''"), ("%", "no run")):
        with pytest.raises(ConfigError, match=says):
            find_baseline(database, "cats", wanted=wanted)


def test_asking_makes_no_database_and_accepting_wants_words(database: Path) -> None:
    """No history, nobody's name, no reason."""
    assert find_baseline(database, "cats") is None
    assert read_acceptances(database) == {}
    with pytest.raises(ConfigError, match="no run"):
        find_baseline(database, "cats", wanted="2026")
    with pytest.raises(ConfigError, match="no history"):
        accept_run(database, "last", who="kim", reason="why")
    assert not database.exists()
    record(database, 1)
    for who, reason in ((" ", "why"), ("kim", "")):
        with pytest.raises(ConfigError, match="a person and a reason"):
            accept_run(database, "last", who=who, reason=reason)


def test_a_database_of_release_0_1_0_is_read_and_goes_on(database: Path) -> None:
    """Made by the code before there were baselines: one run passed, one failed."""
    dump = (Path(__file__).parent / "history_0_1_0.sql").read_text(encoding="utf-8")
    connection = sqlite3.connect(database)
    connection.executescript(dump)
    connection.close()
    assert read_acceptances(database) == {}
    found = find_baseline(database, "clean")
    assert found is not None
    assert (found.run_id, found.rate, found.classes) == ("20260101-000000-aaaaaa", 0.02, None)
    record(database, 3, dataset="clean")
    assert find_baseline(database, "clean").classes == CLASSES  # type: ignore[union-attr]
    assert len(read_history(database)) == 3


def test_figures_that_are_none_are_refused() -> None:
    """A damaged record is an error, not an empty baseline."""
    for record_ in ({}, {"classes": [{"name": "x"}]}, {"classes": None, "odd": 1}):
        with pytest.raises(InputError, match="not the figures of a run"):
            Baseline.from_dict(record_)
