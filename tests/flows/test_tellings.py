"""When an alert is sent: what was told, what is owed, and what that makes of the next verdict."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cl_core.telling import When
from cl_flows.database.connect import writing
from cl_flows.tellings import news_for, owe, put_off, settle

PASS, FAIL, OPEN = "passed", "failed", "undecided"


def _finish(database: Path | str, number: int, status: str, *, dataset: str = "trees") -> str:
    run = f"20260101-0000{number:02d}-aaaaaa"
    with writing(database) as connection:
        owe(
            connection,
            ["slack"],
            run_id=run,
            dataset=dataset,
            status=status,
            finished_at=f"2026-01-01T00:00:{number:02d}.000+00:00",
        )
    return run


def _tell(database: Path | str, run: str, when: When = "change", *, dataset: str = "trees") -> str:
    """Tell of `run`; return the news and how many runs were missed."""
    telling, runs = news_for(database, "slack", run_id=run, dataset=dataset, when=when)
    settle(database, "slack", runs, told=telling is not None)
    return "" if telling is None else telling.news + "+" * len(telling.missed)


@pytest.mark.parametrize(
    ("when", "statuses", "told"),
    [
        ("change", [PASS, FAIL, FAIL, PASS], ["", "failed", "", "recovered"]),
        ("change", [FAIL, FAIL, PASS, PASS], ["failed", "", "recovered", ""]),
        ("change", [PASS, OPEN, FAIL, OPEN, PASS], ["", "undecided", "failed", "undecided", "recovered"]),
        ("change", [OPEN, OPEN, PASS, FAIL], ["undecided", "", "recovered", "failed"]),
        ("failing", [PASS, FAIL, FAIL, PASS, PASS], ["", "failed", "failed", "recovered", ""]),
        ("always", [PASS, FAIL, PASS, PASS], ["passed", "failed", "recovered", "passed"]),
    ],
)
def test_sequences_of_verdicts_alert_as_people_expect(
    when: When, statuses: list[str], told: list[str], tmp_path: Path
) -> None:
    """A change is told once, with undecided as a state of its own."""
    database = tmp_path / "history.db"
    found = [_tell(database, _finish(database, i, status), when) for i, status in enumerate(statuses)]
    assert found == told


@pytest.mark.parametrize(
    ("before", "missed", "now", "told"),
    [
        ([PASS], [FAIL], PASS, "recovered+"),
        ([PASS], [FAIL], FAIL, "failed+"),
        ([FAIL], [PASS], FAIL, "failed+"),
        ([FAIL], [FAIL], FAIL, ""),
        ([PASS], [PASS], PASS, ""),
        ([], [FAIL], PASS, "recovered+"),
        ([FAIL], [PASS, OPEN], PASS, "recovered++"),
    ],
)
def test_what_a_crash_kept_from_people_the_next_run_tells(
    before: list[str], missed: list[str], now: str, told: str, tmp_path: Path
) -> None:
    """A run that ended between its verdict and its alert is owed, and told once with the next."""
    database = tmp_path / "history.db"
    for i, status in enumerate(before):
        _tell(database, _finish(database, i, status))
    for i, status in enumerate(missed):
        _finish(database, 10 + i, status)
    assert _tell(database, _finish(database, 20, now)) == told
    assert _tell(database, _finish(database, 21, now)) == ""


def test_a_failed_delivery_stays_owed(tmp_path: Path) -> None:
    """The next run tells it with the reason, though its own verdict is the same."""
    database = tmp_path / "history.db"
    first = _finish(database, 1, FAIL)
    put_off(database, "slack", first, "slack did not answer")
    telling, _ = news_for(
        database, "slack", run_id=_finish(database, 2, FAIL), dataset="trees", when="change"
    )
    assert telling is not None
    assert telling.missed == (f"run {first} failed at 2026-01-01T00:00Z: slack did not answer",)


def test_of_two_that_end_together_each_change_is_told_once(tmp_path: Path) -> None:
    """Whichever tells first: a run that a later one has told of is not told again, and none is lost."""
    database = tmp_path / "history.db"
    first, second = _finish(database, 1, FAIL), _finish(database, 2, PASS)
    assert (_tell(database, second), _tell(database, first)) == ("recovered+", "")
    third, fourth = _finish(database, 3, FAIL), _finish(database, 4, FAIL)
    assert (_tell(database, third), _tell(database, fourth)) == ("failed", "")


def test_data_sets_do_not_know_each_other(tmp_path: Path) -> None:
    """A pass of one data set is no recovery of another."""
    database = tmp_path / "history.db"
    assert _tell(database, _finish(database, 1, FAIL)) == "failed"
    assert _tell(database, _finish(database, 2, PASS, dataset="birds"), dataset="birds") == ""
    assert _tell(database, _finish(database, 3, PASS)) == "recovered"


@given(st.lists(st.tuples(st.sampled_from([PASS, FAIL, OPEN]), st.booleans()), max_size=8))
def test_after_every_telling_people_know_the_verdict(
    tmp_path_factory: pytest.TempPathFactory, runs: list[tuple[str, bool]]
) -> None:
    """Whatever crashes in between: the last news that people have is the verdict of the last run told."""
    database = tmp_path_factory.mktemp("law") / "history.db"
    known = PASS
    for i, (status, dies) in enumerate(runs):
        run = _finish(database, i, status)
        if dies:
            continue
        news = _tell(database, run).rstrip("+")
        known = {"": known, "recovered": PASS}.get(news, news)
        assert known == status


@pytest.mark.postgresql
def test_the_same_is_told_where_history_is_in_postgresql(new_postgresql: str) -> None:
    """A change once, a failed delivery and a killed run with the next, whatever database keeps the debt."""
    first = [_tell(new_postgresql, _finish(new_postgresql, i, s)) for i, s in enumerate([PASS, FAIL, FAIL])]
    assert first == ["", "failed", ""]
    put_off(new_postgresql, "slack", _finish(new_postgresql, 3, PASS), "slack did not answer")
    _finish(new_postgresql, 4, OPEN)
    assert _tell(new_postgresql, _finish(new_postgresql, 5, PASS)) == "recovered++"
