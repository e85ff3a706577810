"""What is odd about probabilities that pass the door: sentences for people, never a changed number."""

from collections.abc import Iterator, Sequence

import numpy as np

from cl_core.reading import Reading
from cl_core.types import Counts, Indices

# So few disagreements in so many rows: labels are seldom that clean, and a model that has seen them is.
_ROWS, _DISAGREEMENT = 100, 1e-3
# A class whose column is at most seldom its own and mostly another's has probably changed places.
_SELDOM, _MOSTLY = 0.25, 0.5
_NAMED = 5


def suspicions(reading: Reading, classes: Sequence[str]) -> tuple[str, ...]:
    """Say what people should know before they trust the figures; empty when nothing is odd.

    Examples
    --------
    >>> from cl_core.reading import read
    >>> suspicions(read([0, 0], [[0.9, 0.1], [0.8, 0.2]]), ["cat", "dog"])
    ('1 classes label no row: dog',)
    """
    return tuple(_found(reading, classes))


def _found(reading: Reading, classes: Sequence[str]) -> Iterator[str]:
    rows, predicted = reading.per_label, reading.predicted_counts
    if reading.source.dtype == np.float16:
        yield (
            "the probabilities are half precision: they were widened, exactly, and not renormalised; "
            f"row sums may be off 1 by up to {reading.tolerance:.0%}"
        )
    if (rows == 0).any():
        yield f"{int((rows == 0).sum())} classes label no row: {_names(np.flatnonzero(rows == 0), classes)}"
    never = np.flatnonzero((predicted.sum(axis=0) == 0) & (rows > 0))
    if len(never):
        yield f"the model never predicts {len(never)} of the classes: {_names(never, classes)}"
    n, differing = int(rows.sum()), int(rows.sum() - predicted.trace())
    if n >= _ROWS and differing <= n * _DISAGREEMENT:
        yield (
            f"the model disagrees with {differing:,} of {n:,} labels: if it has seen these labels, it cannot "
            "judge them; use out-of-sample probabilities"
        )
    moved = _moved(predicted)
    if len(moved):
        to = predicted.argmax(axis=1)[moved]
        yield (
            f"rows labelled {_names(moved, classes)} are mostly predicted as {_names(to, classes)}: "
            "the columns may be in another order than the classes"
        )


def _moved(predicted: Counts) -> Indices:
    """Classes that have changed places among each other, by their labels' most frequent prediction."""
    rows, to = predicted.sum(axis=1), predicted.argmax(axis=1)
    own, most = predicted.diagonal(), predicted.max(axis=1)
    moved = np.flatnonzero((rows > 0) & (own <= _SELDOM * rows) & (most >= _MOSTLY * rows))
    return moved if np.array_equal(np.sort(to[moved]), moved) else moved[:0]


def _names(numbers: Indices, classes: Sequence[str]) -> str:
    named = ", ".join(classes[i] for i in numbers[:_NAMED].tolist())
    return f"{named}, ..." if len(numbers) > _NAMED else named
