"""The patch that regate takes, and the log."""

import json
from pathlib import Path

import pytest

from cl_core import ConfigError
from cl_flows.corrections.patch import read_patch
from cl_flows.review.decisions import Action, NewDecision, RunKey, decide, read_log, undo
from cl_flows.review.patch import write_log, write_patch
from cl_flows.review.standing import standing

RUN = RunKey("20260101-000000-aaaaaa", "abc", "trees")


def new(position: int, action: str, label: str = "", note: str = "") -> NewDecision:
    return NewDecision(position, f't,{position}"', "ash", Action(action), label, note)


def test_a_patch_holds_what_is_settled_and_regate_reads_it(tmp_path: Path) -> None:
    """Its columns are the contract; open and disputed rows are not in it."""
    database, path = tmp_path / "history.db", tmp_path / "fixes.csv"
    words = [new(3, "relabel", "bïrch", "leaves\nare round"), new(1, "keep"), new(2, "none", "", "a rock")]
    decide(database, RUN, "kim", [*words, new(4, "ambiguous"), new(5, "skip"), new(6, "keep")])
    decide(database, RUN, "lee", [new(6, "none"), new(3, "relabel", "bïrch")])
    assert write_patch(path, standing(database, "abc").settled()) == 4
    assert path.read_text(encoding="utf-8").splitlines()[0] == "id,old,new,action,who,when,why"
    assert [(one.id, one.old, one.new, one.action) for one in read_patch(path).answers] == [
        ('t,1"', "ash", "ash", "keep"),
        ('t,2"', "ash", "", "exclude"),
        ('t,3"', "ash", "bïrch", "relabel"),
        ('t,4"', "ash", "", "exclude"),
    ]
    text = path.read_text(encoding="utf-8")
    assert "none: a rock" in text
    assert '"kim, lee"' in text
    assert write_patch(tmp_path / "two.csv", standing(database, "abc", needed=2).settled()) == 1
    with pytest.raises(ConfigError, match="is there already"):
        write_patch(path, [])
    assert write_patch(path, [], force=True) == 0


def test_the_log_is_everything_that_was_said(tmp_path: Path) -> None:
    """Also what was taken back, and the taking back."""
    database, path = tmp_path / "history.db", tmp_path / "log.jsonl"
    decide(database, RUN, "kim", [new(3, "keep")])
    undo(database, RUN, "kim")
    decide(database, RUN, "lee", [new(3, "none")], blind=True)
    assert write_log(path, read_log(database, "abc")) == 3
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [(one["who"], one["action"], one["stands"], one["blind"]) for one in lines] == [
        ("kim", "keep", False, 0),
        ("kim", "undo", False, 0),
        ("lee", "none", True, 1),
    ]
    assert lines[1]["undoes"] == lines[0]["number"]


def test_nothing_half_is_left_where_nothing_can_be_written(tmp_path: Path) -> None:
    """A folder that is not there is an error with a hint."""
    with pytest.raises(ConfigError, match="cannot be written"):
        write_patch(tmp_path / "no" / "fixes.csv", [])
    assert list(tmp_path.iterdir()) == []
