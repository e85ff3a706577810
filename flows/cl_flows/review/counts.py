"""How many rows of a class hold a word. Weighs nothing."""

import re
import threading
from collections import Counter, OrderedDict
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cl_plugins.stored_rows import MappedTexts

WORD = re.compile(r"\w+")
# Rows of a class that are read, drawn with a fixed seed, and characters of each: bounded on any data.
MOST_ROWS = 1_000
MOST_CHARACTERS = 2_000
_SEED = 0
# Counts kept, of all classes together: about 100 MB. Classes that nobody asked for lately are counted anew.
_MOST_KEPT = 1_000_000


class ClassWords(NamedTuple):
    """Words of one class: rows by word, how many rows were read, and which."""

    counts: Counter[str]
    n_rows: int
    rows: frozenset[int]


class WordCounts:
    """Rows of each class that hold a word, counted when a class is asked for."""

    def __init__(self, texts: MappedTexts, given: NDArray[np.int32], *, most_kept: int = _MOST_KEPT) -> None:
        self.texts = texts
        self._given = given
        self._most = most_kept
        self._lock = threading.Lock()
        self._known: OrderedDict[int, ClassWords] = OrderedDict()
        self._n_kept = 0

    def of_class(self, code: int) -> ClassWords:
        """Return the words of the rows labelled with a class."""
        with self._lock:
            found = self._known.get(code)
            if found is not None:
                self._known.move_to_end(code)
                return found
        found = self._counted(code)
        with self._lock:
            if code not in self._known:
                self._known[code] = found
                self._n_kept += len(found.counts)
            while self._n_kept > self._most and len(self._known) > 1:
                self._n_kept -= len(self._known.popitem(last=False)[1].counts)
        return found

    def _counted(self, code: int) -> ClassWords:
        rows = np.flatnonzero(self._given == code)
        if len(rows) > MOST_ROWS:
            rows = np.random.default_rng([_SEED, code]).choice(rows, MOST_ROWS, replace=False)
        counts = Counter(chain.from_iterable(map(words_of, self.texts.take(rows))))
        return ClassWords(counts, len(rows), frozenset(rows.tolist()))


def words_of(text: str) -> set[str]:
    """Return the different words of a text, in lower case."""
    return set(WORD.findall(text[:MOST_CHARACTERS].lower()))
