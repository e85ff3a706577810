"""How many rows of a class hold a word. Weighs nothing."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

WORD = re.compile(r"\w+")
# Rows of a class that are read, drawn with a fixed seed, and characters of each: bounded on any data.
MOST_ROWS = 1_000
MOST_CHARACTERS = 2_000
_SEED = 0


class WordCounts:
    """Rows of each class that hold a word, counted when a class is first asked for."""

    def __init__(self, texts: Sequence[str], given: NDArray[np.int32]) -> None:
        self.texts = texts
        self._given = given
        self._known: dict[int, tuple[Counter[str], int, frozenset[int]]] = {}

    def of_class(self, code: int) -> tuple[Counter[str], int, frozenset[int]]:
        """Return rows by word, the number of rows read, and which these are."""
        if code not in self._known:
            rows: NDArray[Any] = np.flatnonzero(self._given == code)
            if len(rows) > MOST_ROWS:
                rows = np.random.default_rng([_SEED, code]).choice(rows, MOST_ROWS, replace=False)
            counts: Counter[str] = Counter()
            for row in rows.tolist():
                counts.update(words_of(self.texts[row]))
            self._known[code] = counts, len(rows), frozenset(rows.tolist())
        return self._known[code]


def words_of(text: str) -> set[str]:
    """Return the different words of a text, in lower case."""
    return {found[0] for found in WORD.finditer(text[:MOST_CHARACTERS].lower())}
