"""Everybody's words on the rows of one data set, kept up to date by reading only what is new."""

import threading
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from cl_flows.database.place import Database
from cl_flows.review.agreement import Agreement, agreement_of
from cl_flows.review.decisions import Decision, collector_at_rest, since
from cl_flows.review.standing import Outcome, Standing, weighed

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
        self._step_of: dict[int, str] = {}
        self._by_position: dict[int, list[Decision]] = {}
        self._by_step: dict[str, list[int]] = {}
        self._gone: set[str] = set()
        self._words: dict[int, list[Decision]] = {}
        self._verdicts: dict[int, tuple[Outcome, str, Decision]] = {}
        self._by_person: dict[str, set[int]] = {}
        self.states: NDArray[np.int8] = np.zeros(n_rows, dtype=np.int8)

    def refresh(self) -> None:
        """Take in what others decided since; a server that stood still for an hour is right again."""
        with self._lock, collector_at_rest():
            touched: set[int] = set()
            for decision in since(self._database, self._fingerprint, self._newest):
                self._newest = decision.number
                touched.update(self._taken_in(decision))
            self._weigh(touched)

    def words(self, position: int) -> list[Decision]:
        """Return everybody's latest word on a row, oldest first."""
        return self._words.get(position, [])

    def outcome(self, position: int) -> Outcome:
        """Return what follows from these words; a row that nobody looked at is open."""
        found = self._verdicts.get(position)
        return Outcome.OPEN if found is None else found[0]

    def standing(self) -> Standing:
        """Return how all rows stand, as of now, for one person who settles a row."""
        with self._lock:
            return Standing(dict(self._words), dict(self._verdicts), 1)

    def agreement(self, *, blind_only: bool = False) -> Agreement:
        """Return how far people agree, as of now."""
        words = [word for said in self.standing().words.values() for word in said]
        return agreement_of(word for word in words if word.blind or not blind_only)

    def seen_by(self, who: str) -> NDArray[np.int64]:
        """Return the rows that a person has a word on."""
        with self._lock:
            return np.fromiter(self._by_person.get(who, ()), dtype=np.int64)

    def _taken_in(self, decision: Decision) -> Iterable[int]:
        """Put a decision in its places, and return the rows that it is about."""
        if decision.undoes is not None:
            step = self._step_of[decision.undoes]
            self._gone.add(step)
            return self._by_step.get(step, ())
        self._step_of[decision.number] = decision.step
        self._by_step.setdefault(decision.step, []).append(decision.position)
        self._by_position.setdefault(decision.position, []).append(decision)
        return (decision.position,)

    def _weigh(self, positions: Iterable[int]) -> None:
        for position in positions:
            said = self._by_position[position]
            if len(said) > 1 or said[0].step in self._gone:
                said = sorted({one.who: one for one in said if one.step not in self._gone}.values())
                for who in {one.who for one in self._by_position[position]}:
                    self._by_person.setdefault(who, set()).discard(position)
            for one in said:
                self._by_person.setdefault(one.who, set()).add(position)
            state = OPEN
            if said:
                self._words[position] = said
                found = self._verdicts[position] = weighed(said)
                state = _CODES.get(found[0], DECIDED)
            else:
                self._words.pop(position, None)
                self._verdicts.pop(position, None)
            if position < len(self.states):
                self.states[position] = state
