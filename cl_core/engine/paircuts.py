"""The n-th largest value of each of many groups, from a stream in any order. No labels, no rows."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

# Values are compared as multiples of 2**-40 or, with more than two million groups, of a coarser step.
_FINEST = 40
_KEY_BITS = 62
# Values lie in -1.5..2.5: differences of probabilities do, whatever their rows' sums are off.
_OFFSET = 1.5
_VALUE_BITS = 2
# Keys taken in before they are thinned out, at least: 0.5 MB.
_ROOM = 1 << 16


@dataclass(slots=True, eq=False)
class PairCuts:
    """The ``owed[g]``-th largest value of each group g.

    A key is a group's number and a value in fixed point, in one integer, so that keys sort by group
    and then by value. Only keys that may still be owed are kept: never more than the groups are
    owed in all, and `_ROOM` besides.

    Attributes
    ----------
    owed
        Shape ``(groups,)``, positive.
    bits
        Bits of a value behind the point.
    """

    owed: NDArray[np.int64]
    bits: int = field(init=False)
    _keys: list[NDArray[np.int64]] = field(init=False)
    _n_keys: int = field(init=False, default=0)
    _n_thinned: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.bits = min(_FINEST, _KEY_BITS - _VALUE_BITS - len(self.owed).bit_length())
        self._keys = [np.empty(0, dtype=np.int64)]

    @property
    def _shift(self) -> int:
        return self.bits + _VALUE_BITS

    def keys(self, groups: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.int64]:
        """One integer for a group's number and a value."""
        fixed = values + _OFFSET
        fixed *= 2.0**self.bits
        key = np.rint(fixed, out=fixed).astype(np.int64)
        key += groups << self._shift
        return key

    def values(self, keys: NDArray[np.int64]) -> NDArray[np.float64]:
        """Read the values back out of keys."""
        return (keys & ((1 << self._shift) - 1)) / 2.0**self.bits - _OFFSET

    @property
    def step(self) -> float:
        """Smallest difference between two values that counts."""
        return float(2.0**-self.bits)

    @property
    def full(self) -> bool:
        """Whether it is time to call `thin`, so that room is made."""
        return self._n_keys > self._n_thinned + max(_ROOM, self._n_thinned)

    def add(self, keys: NDArray[np.int64]) -> None:
        """Take keys in."""
        self._keys.append(keys)
        self._n_keys += len(keys)

    def cuts(self) -> NDArray[np.int64]:
        """Key of the last value each group is owed, -1 for a group that has seen fewer than that."""
        self._keys = [np.concatenate(self._keys)] if len(self._keys) != 1 else self._keys
        return self._select(self._keys[0])

    def thin(self) -> NDArray[np.int64]:
        """Forget the keys that are owed to no group any more; returns `cuts`."""
        cut = self.cuts()
        keys = self._keys[0]
        above = keys[keys > cut[keys >> self._shift]]
        # Of equal keys at the cut as many stay as are owed.
        lacking = np.where(cut < 0, 0, self.owed - np.bincount(above >> self._shift, minlength=len(cut)))
        self._keys = [np.concatenate([above, np.repeat(cut, lacking)])]
        self._n_thinned = self._n_keys = len(self._keys[0])
        return cut

    def _select(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Find the cuts: count coarsely, then sort only the cells in which a cut lies."""
        groups = len(self.owed)
        # About one counter for each key, shared out evenly among the groups.
        coarse = max(0, min(self._shift, len(keys).bit_length() + 1 - groups.bit_length()))
        cell = keys >> (self._shift - coarse)
        upto = np.cumsum(np.bincount(cell, minlength=groups << coarse))
        edges = np.append(0, upto[(1 << coarse) - 1 :: 1 << coarse])
        last = edges[1:] - self.owed
        enough = last >= edges[:-1]
        at = np.searchsorted(upto, last[enough], side="right")
        holds = np.zeros(groups << coarse, dtype=np.bool_)
        holds[at] = True
        few = np.sort(keys[holds[cell]])
        # Position of the cut among the sorted few: behind the cells before its own.
        sizes = np.diff(upto, prepend=0)[at]
        before = np.cumsum(sizes) - sizes
        cut = np.full(groups, -1, dtype=np.int64)
        cut[enough] = few[before + last[enough] - (upto[at] - sizes)]
        return cut
