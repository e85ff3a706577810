"""Rows with the largest margins for each pair of given and true label. No counting of what a pair is owed."""

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cl_core.engine.paircuts import PairCuts
from cl_core.engine.plan import Plan, Scratch, swept
from cl_core.engine.rows import RowFacts, compute_type
from cl_core.engine.source import Source
from cl_core.types import Counts, FloatArray, Indices, Labels, Mask, Probs

Keys: TypeAlias = NDArray[np.int64]
Found: TypeAlias = tuple[Indices, Keys, NDArray[np.int64]]  # rows, their keys, numbers of their pairs


def largest_margins(
    source: Source, labels: Labels, facts: RowFacts, owed: Counts, plan: Plan, *, tolerance: float
) -> Mask:
    """Mark the rows whose label is not their largest and that any pair of theirs is owed.

    For given label i and class j, a row with given label i is owed when its margin ``p[j] - p[i]`` is
    among the ``owed[i, j]`` largest of all rows with that label; equal margins at the cut are all owed.
    """
    off = owed.copy()
    np.fill_diagonal(off, 0)
    marked = np.zeros(source.n, dtype=np.bool_)
    suspects: Indices = np.flatnonzero(facts.top > facts.given)
    if not off.any() or not len(suspects):
        return marked
    search = _Search(source, labels, facts, off, plan, tolerance)
    own_keys, own_pairs = search.own(suspects)
    cuts = search.find(suspects, own_keys[own_pairs < search.n_pairs])
    hit: Mask = np.greater_equal(own_keys, cuts[own_pairs])
    marked[suspects[hit]] = True
    rest = suspects[~hit]
    search.lower(cuts[:-1])
    for rows, keys, pairs in search.candidates(rest, own_too=False):
        marked[rows[keys >= cuts[pairs]]] = True
    return marked


class _Search:
    """One search for the cuts of all pairs; holds what its steps share."""

    def __init__(
        self, source: Source, labels: Labels, facts: RowFacts, off: Counts, plan: Plan, tolerance: float
    ) -> None:
        self.source, self.labels, self.facts, self.plan = source, labels, facts, plan
        self.k, self.tolerance = source.k, tolerance
        self.dtype = compute_type(source.dtype)
        self.pairs = np.flatnonzero(off)
        self.n_pairs = len(self.pairs)
        self.cuts = PairCuts(off.reshape(-1)[self.pairs])
        # The pairs that are owed nothing share the number after the last.
        self.number = np.full(self.k * self.k, self.n_pairs, dtype=np.int64)
        self.number[self.pairs] = np.arange(self.n_pairs)

    def own(self, rows: Indices) -> tuple[Keys, NDArray[np.int64]]:
        """Keys of rows for their most probable class, from the first sweep alone, and the pairs' numbers."""
        facts = self.facts
        pair = self.labels[rows] * self.k
        pair += facts.top_class[rows]
        numbers = self.number[pair]
        margins = np.subtract(facts.top[rows], facts.given[rows], dtype=np.float64)
        return self.cuts.keys(numbers, margins), numbers

    def find(self, rows: Indices, own: Keys) -> Keys:
        """Cuts of all pairs as keys; one more entry, out of reach, for the pairs that are owed nothing."""
        self.cuts.add(own)
        # Below these bounds no margin can be owed. A pair without enough rows of its own starts at
        # zero: a row whose given label is the largest has no margin above that.
        self._collect(rows, 0.0, own_too=False)
        found = self.cuts.cuts()
        short = np.flatnonzero(found < 0)
        if len(short):
            found[short] = self._negative_cuts(short)
        return np.append(found, np.iinfo(np.int64).max)

    def _negative_cuts(self, short: Indices) -> Keys:
        """Cuts of pairs that are owed more rows than have a positive margin: look at every row."""
        off = np.zeros(self.k * self.k, dtype=np.int64)
        off[self.pairs[short]] = self.cuts.owed[short]
        table = off.reshape(self.k, self.k)
        every = _Search(self.source, self.labels, self.facts, table, self.plan, self.tolerance)
        concerned: Mask = np.logical_or.reduce(table > 0, axis=1)
        every._collect(np.flatnonzero(concerned[self.labels]), -np.inf, own_too=True)
        cut = every.cuts.cuts()
        # Fewer rows than owed: every row is owed, and no margin is as low as this.
        values = np.where(cut < 0, -1.25, every.cuts.values(cut))
        return self.cuts.keys(short.astype(np.int64), values)

    def _collect(self, rows: Indices, start: float, *, own_too: bool) -> None:
        """Feed the cuts with all margins that may be owed; the more is known, the fewer they are."""
        self.lower(self.cuts.cuts(), start)
        for _, keys, _ in self.candidates(rows, own_too=own_too):
            self.cuts.add(keys)
            if self.cuts.full:
                self.lower(self.cuts.thin(), start)

    def lower(self, cuts: Keys, start: float = -np.inf) -> None:
        """Set the floors, shape (k, k): margins below them are owed to nobody."""
        bound = np.where(cuts < 0, start, self.cuts.values(cuts))
        # Two steps down, and then the spacing of the cells' type, so that rounding hides no candidate.
        slack = 2 * self.cuts.step + 2 * float(np.finfo(self.dtype).eps)
        floors = np.append(bound - slack, np.inf)[self.number].reshape(self.k, self.k)
        lowest: FloatArray = floors.min(axis=1)
        self.floors: tuple[Probs, FloatArray] = floors.astype(self.dtype), lowest

    def candidates(self, rows: Indices, *, own_too: bool) -> Iterator[Found]:
        """Yield, block by block, all margins of `rows` that reach the floors of that moment."""
        if not len(rows):
            return

        def work(start: int, block: Probs, scratch: Scratch) -> Found:
            floors, lowest = self.floors
            here = rows[slice(*np.searchsorted(rows, (start, start + len(block))))]
            if not own_too:
                here = self._within_reach(here, lowest)
            return self._block(start, here, block, floors, scratch, own_too=own_too)

        yield from swept(self.source, self.plan, work)

    def _within_reach(self, rows: Indices, lowest: FloatArray) -> Indices:
        """Rows whose second largest probability could reach the lowest floor of their given label."""
        top = self.facts.top[rows].astype(np.float64)
        second = np.minimum(top, 1.0 + self.tolerance - top)
        second -= self.facts.given[rows]
        return rows[second >= lowest[self.labels[rows]]]

    def _block(
        self, start: int, rows: Indices, block: Probs, floors: Probs, scratch: Scratch, *, own_too: bool
    ) -> Found:
        given, codes, shape = self.facts.given[rows], self.labels[rows], (len(rows), self.k)
        picked = scratch.get("picked", shape, block.dtype)
        block.take(rows - start, axis=0, out=picked, mode="clip")
        bars = scratch.get("bars", shape, self.dtype)
        floors.take(codes, axis=0, out=bars, mode="clip")
        bars += given[:, None]
        at = np.flatnonzero(np.greater_equal(picked, bars, out=scratch.get("reach", shape, np.bool_)))
        row, true = np.divmod(at, self.k)
        if not own_too:
            keep = true != self.facts.top_class[rows[row]]
            at, row, true = at[keep], row[keep], true[keep]
        pairs = self.number[codes[row] * self.k + true]
        margins = np.subtract(picked.reshape(-1)[at], given[row], dtype=np.float64)
        return rows[row], self.cuts.keys(pairs, margins), pairs
