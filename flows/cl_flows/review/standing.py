"""What follows from people's words, row by row: settled, disputed or open. Writes nothing."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cl_flows.database.place import Database
from cl_flows.review.decisions import Action, Decision, collector_at_rest, latest


class Outcome(StrEnum):
    """What becomes of a row."""

    KEEP = "keep"
    RELABEL = "relabel"
    EXCLUDE = "exclude"
    OPEN = "open"
    DISPUTED = "disputed"


class RowStanding(NamedTuple):
    """How one row stands.

    Attributes
    ----------
    position, row_id, given_label
        The row.
    outcome, label
        What becomes of it; `label` is the new one of a ``relabel`` and the given one of a ``keep``.
    action
        What the last word for that outcome was: ``ambiguous`` or ``none`` where the row is excluded.
    who
        Whoever gave an opinion, in order of time.
    decided_at, note
        The last word that speaks for the outcome: when, and why.
    """

    position: int
    row_id: str
    given_label: str
    outcome: Outcome
    label: str
    action: str
    who: tuple[str, ...]
    decided_at: str
    note: str


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """How all rows stand that anybody gave a word on.

    Attributes
    ----------
    words
        The latest words by position, one a person, oldest first.
    verdicts
        By position: outcome, label, and which of the words speaks for it.
    needed
        How many people had to agree.
    """

    words: dict[int, list[Decision]]
    verdicts: dict[int, tuple[Outcome, str, Decision]]
    needed: int

    @property
    def counts(self) -> dict[Outcome, int]:
        """Rows of each outcome, zeros included; rows that nobody looked at are not among the open ones."""
        found = Counter([outcome for outcome, _, _ in self.verdicts.values()])
        return {outcome: found[outcome] for outcome in Outcome}

    def outcome_of(self, position: int) -> Outcome:
        """Return the outcome of a row; one that nobody looked at is open."""
        found = self.verdicts.get(position)
        return Outcome.OPEN if found is None else found[0]

    def row(self, position: int) -> RowStanding | None:
        """Return how a row stands; None when nobody gave a word on it."""
        found = self.verdicts.get(position)
        if found is None:
            return None
        outcome, label, speaker = found
        who = tuple(word.who for word in self.words[position] if word.action != _SKIP)
        return RowStanding(
            *(position, speaker.row_id, speaker.given_label, outcome, label, speaker.action),
            *(who, speaker.decided_at, speaker.note),
        )

    def settled(self) -> list[RowStanding]:
        """Rows that are kept, relabelled or excluded, in the order of the data."""
        wanted = (p for p, found in self.verdicts.items() if found[0] not in _UNSETTLED)
        return [row for position in sorted(wanted) if (row := self.row(position)) is not None]

    def positions(self, *outcomes: Outcome) -> NDArray[np.int64]:
        """Positions of the rows of these outcomes that anybody gave a word on, in the order of the data."""
        wanted = frozenset(outcomes)
        return np.sort(np.array([p for p, found in self.verdicts.items() if found[0] in wanted], np.int64))


def standing(database: Database, fingerprint: str, *, needed: int = 1) -> Standing:
    """Weigh everybody's latest word on each row.

    A row is settled when more than half of those with an opinion say the same and they are at least `needed`:
    with ``needed=1`` one person settles a row that nobody contradicts, with ``needed=2`` two who agree. It is
    disputed when opinions differ and none has that majority: a third person decides it. Otherwise it is
    open. ``skip`` is no opinion; ``ambiguous`` and ``none`` both exclude the row and so agree.
    """
    return standing_from(latest(database, fingerprint), needed=needed)


def standing_from(words: Iterable[Decision], *, needed: int = 1) -> Standing:
    """Weigh words that were read already, at most one a person and row."""
    by_row: dict[int, list[Decision]] = {}
    with collector_at_rest():
        for word in words:
            by_row.setdefault(word.position, []).append(word)
        return Standing(by_row, {place: weighed(said, needed) for place, said in by_row.items()}, needed)


def weighed(said: list[Decision], needed: int = 1) -> tuple[Outcome, str, Decision]:
    """Return what becomes of one row, its label, and the word that speaks for it."""
    if len(said) == 1 and needed <= 1:  # nearly all rows, and a hundred thousand of them must not take long
        word = said[0]
        return (*_opinion(word), word) if word.action != _SKIP else (_OPEN, "", word)
    opinions = [word for word in said if word.action != _SKIP]
    if not opinions:
        return _OPEN, "", said[-1]
    votes = Counter(_opinion(word) for word in opinions)
    first, count = votes.most_common(1)[0]
    if count >= needed and 2 * count > len(opinions):
        return (*first, next(word for word in reversed(opinions) if _opinion(word) == first))
    return (_OPEN if len(votes) == 1 else Outcome.DISPUTED), "", opinions[-1]


# Looked up once: members of an enumeration are slow to reach.
_OPEN, _KEEP, _RELABEL, _EXCLUDE = Outcome.OPEN, Outcome.KEEP, Outcome.RELABEL, Outcome.EXCLUDE
_UNSETTLED = frozenset({Outcome.OPEN, Outcome.DISPUTED})
_SKIP = Action.SKIP.value


def _opinion(word: Decision) -> tuple[Outcome, str]:
    if word.action == "relabel":
        return _RELABEL, word.label
    return (_KEEP, word.given_label) if word.action == "keep" else (_EXCLUDE, "")
