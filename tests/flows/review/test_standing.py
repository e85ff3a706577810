"""How words become outcomes."""

import pytest

from cl_flows.review.decisions import Decision
from cl_flows.review.standing import Outcome, standing_from


def word(number: int, who: str, said: str) -> Decision:
    action, _, label = said.partition(" ")
    return Decision(
        *(number, f"s{number}", "run", 4, "t4", "ash", action, label),
        *(who, f"note {number}", "page", 0, f"2026-01-0{number}", None),
    )


@pytest.mark.parametrize(
    ("said", "alone", "double"),
    [
        ("keep", "keep ash", "open"),
        ("relabel birch", "relabel birch", "open"),
        ("ambiguous", "exclude", "open"),
        ("skip", "open", "open"),
        ("skip | keep", "keep ash", "open"),
        ("keep | keep", "keep ash", "keep ash"),
        ("ambiguous | none", "exclude", "exclude"),
        ("keep | relabel birch", "disputed", "disputed"),
        ("relabel birch | relabel cedar", "disputed", "disputed"),
        ("relabel birch | keep | relabel birch", "relabel birch", "relabel birch"),
        ("keep | none | skip", "disputed", "disputed"),
        ("keep | none | relabel birch", "disputed", "disputed"),
        ("keep | keep | none | relabel birch", "disputed", "disputed"),
        ("keep | keep | keep | relabel birch | none", "keep ash", "keep ash"),
    ],
)
def test_a_row_stands_as_most_say(said: str, alone: str, double: str) -> None:
    """Alone one word is enough; in double review two must agree; a third decides what two dispute."""
    found = [word(i + 1, f"p{i}", one.strip()) for i, one in enumerate(said.split("|"))]
    for needed, wanted in ((1, alone), (2, double)):
        row = standing_from(found, needed=needed).row(4)
        assert row is not None
        assert f"{row.outcome} {row.label}".strip() == wanted


def test_the_last_word_for_the_outcome_speaks_for_it() -> None:
    """Who, when and why of a correction are those of somebody who is for it."""
    rows = standing_from(
        [word(1, "kim", "relabel birch"), word(2, "lee", "relabel birch"), word(3, "mia", "keep")]
    )
    row = rows.row(4)
    assert row is not None
    assert (row.who, row.note, row.decided_at) == (("kim", "lee", "mia"), "note 2", "2026-01-02")
    assert (rows.outcome_of(4), rows.outcome_of(5)) == (Outcome.RELABEL, Outcome.OPEN)
    assert rows.counts == {"keep": 0, "relabel": 1, "exclude": 0, "open": 0, "disputed": 0}
    assert [one.position for one in rows.settled()] == rows.positions(Outcome.RELABEL).tolist() == [4]
    assert rows.row(5) is None
