"""Everybody's words on the rows of one data set, kept up to date by reading only what is new."""

import threading
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from cl_flows.database.connect import reading
from cl_flows.database.place import Database, is_there
from cl_flows.database.tables import DECISIONS
from cl_flows.review.decisions import Decision
from cl_flows.review.standing import Outcome, standing_from

OPEN, DECIDED, DISPUTED = 0, 1, 2
_CODES = {Outcome.OPEN: OPEN, Outcome.DISPUTED: DISPUTED}


class Record:
    """Decisions on the rows of one data set, as of the last `refresh`.

    Attributes
    ----------
    states
        Of every row whether it is open, decided or disputed, shape ``(n,)``.
    """

    def __init__(self, database: Database, fingerprint: str, n_rows: int) -> None:
        self._database, self._fingerprint = database, fingerprint
        self._lock = threading.Lock()
        self._newest = 0
        self._by_number: dict[int, Decision] = {}
        self._by_position: dict[int, list[Decision]] = {}
        self._by_step: dict[str, list[Decision]] = {}
        self._gone: set[str] = set()
        self._standing: dict[int, Outcome] = {}
        self._by_person: dict[str, set[int]] = {}
        self.states: NDArray[np.int8] = np.zeros(n_rows, dtype=np.int8)

    def refresh(self) -> None:
        """Take in what others decided since; a server that stood still for an hour is right again."""
        with self._lock:
            touched: set[int] = set()
            for decision in _since(self._database, self._fingerprint, self._newest):
                self._newest = decision.number
                touched |= self._taken_in(decision)
            self._weigh(touched)

    def words(self, position: int) -> list[Decision]:
        """Return everybody's latest word on a row, oldest first."""
        latest = {d.who: d for d in self._by_position.get(position, ()) if d.step not in self._gone}
        return sorted(latest.values())

    def outcome(self, position: int) -> Outcome:
        """Return what follows from these words; a row that nobody looked at is open."""
        return self._standing.get(position, Outcome.OPEN)

    def seen_by(self, who: str) -> NDArray[np.int64]:
        """Return the rows that a person has a word on."""
        with self._lock:
            return np.fromiter(self._by_person.get(who, ()), dtype=np.int64)

    def _taken_in(self, decision: Decision) -> set[int]:
        self._by_number[decision.number] = decision
        if decision.undoes is not None:
            step = self._by_number[decision.undoes].step
            self._gone.add(step)
            return {one.position for one in self._by_step.get(step, ())}
        self._by_step.setdefault(decision.step, []).append(decision)
        self._by_position.setdefault(decision.position, []).append(decision)
        return {decision.position}

    def _weigh(self, positions: Iterable[int]) -> None:
        for position in positions:
            words = self.words(position)
            self._standing.pop(position, None)
            people = {word.who for word in words}
            for who in {word.who for word in self._by_position[position]}:
                rows = self._by_person.setdefault(who, set())
                (rows.add if who in people else rows.discard)(position)
            if words:
                self._standing[position] = standing_from(words).outcome_of(position)
            found = self._standing.get(position)
            if position < len(self.states):
                self.states[position] = OPEN if found is None else _CODES.get(found, DECIDED)


def _since(database: Database, fingerprint: str, number: int) -> list[Decision]:
    """Read what was decided after a decision. Writers wait for each other, so numbers come in order."""
    if not is_there(database):
        return []
    query = (
        select(*(DECISIONS.c[name] for name in Decision._fields))
        .where(DECISIONS.c.fingerprint == fingerprint, DECISIONS.c.number > number)
        .order_by(DECISIONS.c.number)
    )
    with reading(database) as connection:
        return [Decision._make(row) for row in connection.execute(query)]
