"""What people decided in earlier runs about the rows of one, kept up to date. Counts for nothing here."""

import threading

import numpy as np

from cl_flows.database.place import Database
from cl_flows.review.carried import decided_elsewhere, earlier_words
from cl_flows.review.decisions import Decision
from cl_flows.review.index import RunIndex


class Earlier:
    """Words on other content of the data set, on rows whose id and given label are the same.

    Attributes
    ----------
    positions
        The rows that have such words, in the order of the data, shape ``(m,)``.
    """

    def __init__(self, database: Database, index: RunIndex) -> None:
        self._database, self._index = database, index
        self._lock = threading.Lock()
        self._newest = 0
        self._words: dict[int, list[Decision]] = {}
        self.positions = np.empty(0, np.intp)

    def refresh(self) -> None:
        """Read them anew where somebody decided about other content since; seldom, while people are here."""
        with self._lock:
            self._newest, changed = decided_elsewhere(self._database, self._index.run, self._newest)
            if not changed:
                return
            words: dict[int, list[Decision]] = {}
            for one in earlier_words(self._database, self._index):
                words.setdefault(one.position, []).append(one.decision)
            self._words = words
            self.positions = np.array(list(words), np.intp)

    def words(self, position: int) -> list[Decision]:
        """Return the words on a row, oldest first."""
        return self._words.get(position, [])
