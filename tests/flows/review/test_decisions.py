"""Decisions: safe before they are acknowledged, never lost, never written twice, taken back step by step."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import process_time

import pytest

from cl_core import InputError
from cl_flows.database.place import Database
from cl_flows.review.decisions import Action, NewDecision, RunKey, decide, latest, read_log, undo
from cl_flows.review.standing import Outcome, standing

ONCE = "a-token"
RUN = RunKey("20260101-000000-aaaaaa", "abc", "trees")


def said(position: int, action: str, label: str = "", token: str = "", *, note: str = "") -> NewDecision:
    return NewDecision(position, f"t{position}", "ash", Action(action), label, note, token)


def words(database: Database, who: str | None = None) -> list[tuple[int, str, str, str]]:
    return [(one.position, one.action, one.label, one.who) for one in latest(database, "abc", who=who)]


def test_the_latest_word_of_each_person_stands_and_all_are_on_record(database: Database) -> None:
    """Also for a later run on the same content; another content has words of its own."""
    assert latest(database, "abc") == []
    first = decide(database, RUN, "kim", [said(3, "keep", note="süß 🐈"), said(1, "relabel", "birch")])
    later = RunKey("20260202-000000-bbbbbb", "abc", "trees")
    second = decide(database, later, "kim", [said(3, "none")], blind=True)
    decide(database, later, "lee", [said(3, "skip")])
    decide(database, RunKey("x", "other", "trees"), "kim", [said(3, "keep")])
    assert first[0] < first[1] < second[0]
    assert words(database) == [(1, "relabel", "birch", "kim"), (3, "none", "", "kim"), (3, "skip", "", "lee")]
    assert words(database, "lee") == [(3, "skip", "", "lee")]
    log = read_log(database, "abc")
    assert [(one["note"], one["run_id"], one["blind"], one["stands"]) for one in log[:3]] == [
        ("süß 🐈", RUN.run_id, 0, True),
        ("", RUN.run_id, 0, True),
        ("", later.run_id, 1, True),
    ]


def test_what_is_sent_twice_is_written_once(database: Database) -> None:
    """A browser that saw no answer sends again; a token that says something else is refused whole."""
    one = decide(database, RUN, "kim", [said(1, "keep", "", "a")])
    again = decide(database, RUN, "kim", [said(2, "keep", "", "b"), said(1, "keep", "", "a")])
    assert again[1] == one[0]
    assert decide(database, RUN, "kim", [said(5, "none", "", "c"), said(5, "none", "", "c")])[0] > again[0]
    for who, other in (("lee", said(1, "keep", "", "a")), ("kim", said(1, "none", "", "a"))):
        with pytest.raises(InputError, match="stands for another decision"):
            decide(database, RUN, who, [said(9, "keep"), other])
    assert [one["position"] for one in read_log(database, "abc")] == [1, 2, 5]


def test_taking_back_goes_step_by_step_and_is_on_record(database: Database) -> None:
    """A whole bulk is one step; what was said before stands again; nobody takes back another's word."""
    decide(database, RUN, "kim", [said(1, "keep")])
    decide(database, RUN, "lee", [said(1, "none")])
    decide(database, RUN, "kim", [said(i, "relabel", "birch") for i in range(3)], origin="bulk")
    taken = undo(database, RUN, "kim", token=ONCE)
    assert taken is not None
    assert (taken.position, taken.action) == (2, "relabel")
    assert undo(database, RUN, "kim", token=ONCE) == taken
    assert words(database) == [(1, "keep", "", "kim"), (1, "none", "", "lee")]
    decide(database, RUN, "kim", [said(7, "keep")])
    assert [undo(database, RUN, "kim").position for _ in range(2)] == [7, 1]  # type: ignore[union-attr]
    assert undo(database, RUN, "kim") is None
    assert words(database) == [(1, "none", "", "lee")]
    assert sum(one["stands"] for one in read_log(database, "abc")) == 1
    assert len(read_log(database, "abc")) == 9


@pytest.mark.parametrize(
    ("who", "decision", "says"),
    [
        (" ", said(1, "keep"), "wants a person"),
        ("kim", said(-1, "keep"), "about row -1"),
        ("kim", said(1, "relabel"), "is 'relabel' with the label ''"),
        ("kim", said(1, "keep", "birch"), "is 'keep' with the label 'birch'"),
        ("kim", said(1, "keep", note="a\0b"), "note of a decision is not text"),
        ("kim", said(1, "relabel", "\ud800"), "label of a decision is not text"),
        ("k" * 300, said(1, "keep"), "up to 256 letters"),
        ("kim", said(1, "relabel", "b" * 100_001), "up to 100,000 letters"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(
    tmp_path: Path, who: str, decision: NewDecision, says: str
) -> None:
    """With all that came beside it."""
    with pytest.raises(InputError, match=says):
        decide(tmp_path / "history.db", RUN, who, [said(2, "keep"), decision])
    assert latest(tmp_path / "history.db", "abc") == []


def test_one_step_does_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long labels taken for many rows at once are refused whole, with how much they hold."""
    monkeypatch.setattr("cl_flows.review.decisions._MOST_A_STEP", 100)
    path, long = tmp_path / "history.db", "b" * 50
    with pytest.raises(InputError, match="2 decisions at once hold 110 letters"):
        decide(path, RUN, "kim", [said(1, "relabel", long), said(2, "relabel", long)])
    assert latest(path, "abc") == []
    decide(path, RUN, "kim", [said(1, "relabel", long)])
    assert words(path) == [(1, "relabel", long, "kim")]


def test_a_relabelling_to_the_given_label_is_a_keep(tmp_path: Path) -> None:
    """So that two people agree who said the same in two ways."""
    decide(tmp_path / "history.db", RUN, "kim", [said(1, "relabel", "ash")])
    assert words(tmp_path / "history.db") == [(1, "keep", "", "kim")]


KILLED = """
import itertools, sys
from pathlib import Path
from cl_flows.review.decisions import Action, NewDecision, RunKey, decide
place = sys.argv[1] if "://" in sys.argv[1] else Path(sys.argv[1])
for i in itertools.count():
    two = [NewDecision(2 * i + j, "t", "ash", Action.KEEP, token=f"{sys.argv[2]}-{i}-{j}") for j in range(2)]
    numbers = decide(place, RunKey("r", "abc", "trees"), sys.argv[2], two)
    print(i, flush=True)
"""


def test_kill_9_loses_nothing_that_was_acknowledged(database: Database) -> None:
    """Two processes decide in a loop and are killed; every acknowledged pair is there, and no half of one."""
    pipes = [
        subprocess.Popen(
            [sys.executable, "-c", KILLED, str(database), who], stdout=subprocess.PIPE, text=True
        )
        for who in ("kim", "lee")
    ]
    acknowledged = []
    for process in pipes:
        assert process.stdout is not None
        for _ in range(6):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        acknowledged.append(6 + len(process.stdout.read().splitlines()))
        process.stdout.close()
        assert process.wait() == -signal.SIGKILL
    for who, count in zip(("kim", "lee"), acknowledged, strict=True):
        positions = [one.position for one in latest(database, "abc", who=who)]
        assert positions == list(range(len(positions)))
        assert len(positions) % 2 == 0
        assert 2 * count <= len(positions) <= 2 * count + 2


def test_many_at_once_lose_nothing(database: Database) -> None:
    """Eight people in eight threads, each row by row and each sent twice."""

    def work(who: str) -> None:
        for i in range(5):
            for _ in range(2):
                decide(database, RUN, who, [said(i, "keep", "", f"{who}{i}")])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, "abcdefgh"))
    assert len(latest(database, "abc")) == len(read_log(database, "abc")) == 40


def test_a_hundred_thousand_decisions_are_no_burden(tmp_path: Path) -> None:
    """Processor time, as the machine may be busy; bounds are wide, benchmarks/decisions.py measures."""
    path = tmp_path / "history.db"
    decide(path, RUN, "kim", [said(i, "relabel", "birch") for i in range(100_000)], origin="bulk")
    begin = process_time()
    for i in range(5):
        decide(path, RUN, "kim", [said(i, "keep")])
    one = (process_time() - begin) / 5
    begin = process_time()
    counts = standing(path, "abc").counts
    weighed = process_time() - begin
    assert (counts[Outcome.KEEP], counts[Outcome.RELABEL]) == (5, 99_995)
    assert one < 0.05
    assert weighed < 1
