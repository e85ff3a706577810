"""Sums that do not depend on the order of the terms: fixed point in two limbs. No probabilities' meaning."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cl_core.types import Counts, FloatArray, Labels, Probs

# A term in 0..1 is rounded to a multiple of 2**-52 and split at 2**-26. Adding and taking away one of
# these numbers rounds to the multiple: the spacing of float64 at 2**26 is 2**-26, at 1.5 it is 2**-52.
_HIGH = 1.5 * 2.0**26
_LOW = 1.5
_HIGH_UNIT = 2.0**26
_LOW_UNIT = 2.0**52
# Sums of float64 stay exact while they need at most 53 bits: 2**26 rows of terms up to 1.
_ROWS = 1 << 26


@dataclass
class ClassSums:
    """Sum and number of terms of each class, exact to 2**-53 a term whatever the order.

    Attributes
    ----------
    k
        Number of classes.
    counts, high, low
        Shape ``(k,)``: number of terms, and the sum as ``high * 2**-26 + low * 2**-52``.
    """

    k: int
    counts: NDArray[np.int64] = field(init=False)
    high: NDArray[np.int64] = field(init=False)
    low: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self.counts, self.high, self.low = (np.zeros(self.k, dtype=np.int64) for _ in range(3))

    def update(self, labels: Labels, values: Probs) -> None:
        """Add ``values[i]``, in 0..2, to class ``labels[i]``."""
        for start in range(0, len(labels), _ROWS):
            codes = labels[start : start + _ROWS]
            terms = values[start : start + _ROWS].astype(np.float64)
            high = terms + _HIGH
            high -= _HIGH
            terms -= high
            terms += _LOW
            terms -= _LOW
            self.counts += np.bincount(codes, minlength=self.k)
            self.high += (np.bincount(codes, weights=high, minlength=self.k) * _HIGH_UNIT).astype(np.int64)
            self.low += (np.bincount(codes, weights=terms, minlength=self.k) * _LOW_UNIT).astype(np.int64)

    def merge(self, other: "ClassSums") -> None:
        """Add what another accumulator has seen."""
        self.counts += other.counts
        self.high += other.high
        self.low += other.low

    def means(self) -> FloatArray:
        """Mean term of each class, shape (k,), correctly rounded; NaN for a class without terms."""
        pairs = zip(self.high.tolist(), self.low.tolist(), self.counts.tolist(), strict=True)
        return np.array([((h << 26) + low) / (c << 52) if c else np.nan for h, low, c in pairs])


def pair_counts(
    rows: NDArray[np.integer], columns: NDArray[np.integer], n_rows: int, n_columns: int
) -> Counts:
    """Count pairs of numbers: shape (n_rows, n_columns), first argument down, second across."""
    size = n_rows * n_columns
    counts = np.zeros(size, dtype=np.int64)
    step = max(1 << 15, size)
    for start in range(0, len(rows), step):
        flat = np.multiply(rows[start : start + step], n_columns, dtype=np.intp)
        flat += columns[start : start + step]
        counts += np.bincount(flat, minlength=size)
    return counts.reshape(n_rows, n_columns)
