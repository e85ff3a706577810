"""Rows with the largest margins for each pair of given and true label. No counting of what a pair is owed."""

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cl_core.engine.paircuts import PairCuts
from cl_core.engine.plan import Plan, Scratch, swept
from cl_core.engine.rows import RowFacts, compute_type
from cl_core.engine.source import Source
from cl_core.types import Counts, Indices, Labels, Mask, Probs

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
    search.mark_clear(suspects, marked)
    search.mark_short(suspects[~marked[suspects]], marked)
    return marked


# Below every difference of probabilities, and within the range of the keys.
_NEVER = -1.25


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
        self.bound: Keys | None = None
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

    def mark_clear(self, rows: Indices, marked: Mask) -> None:
        """Mark the rows owed to pairs with enough positive margins, and all positive margins of the others.

        A row whose given label is the largest has no positive margin, so only suspects are looked at.
        """
        own_keys, own_pairs = self.own(rows)
        self.cuts.add(own_keys[own_pairs < self.n_pairs])
        self._collect(rows, 0.0, own_too=False)
        found = self.cuts.cuts()
        self.short: Indices = np.flatnonzero(found < 0)
        found[self.short] = self.cuts.keys(self.short.astype(np.int64), np.zeros(len(self.short)))
        # The pairs that are owed nothing are out of reach.
        cuts = np.append(found, np.iinfo(np.int64).max)
        hit: Mask = np.greater_equal(own_keys, cuts[own_pairs])
        marked[rows[hit]] = True
        self.lower(found)
        self._mark(rows[~hit], cuts, marked)

    def mark_short(self, rows: Indices, marked: Mask) -> None:
        """Mark the rows owed to pairs that are owed more than the positive margins.

        Every row of such a given label competes, but only those that could beat a suspect that is
        still unmarked are looked at.
        """
        if not len(self.short) or not len(rows):
            return
        off = np.zeros(self.k * self.k, dtype=np.int64)
        off[self.pairs[self.short]] = self.cuts.owed[self.short]
        table = off.reshape(self.k, self.k)
        concerned: Mask = np.logical_or.reduce(table > 0, axis=1)
        rows = rows[concerned[self.labels[rows]]]
        if not len(rows):
            return
        search = _Search(self.source, self.labels, self.facts, table, self.plan, self.tolerance)
        # No margin is as low as this: every pair of the unmarked rows comes up.
        search.lower(np.full(search.n_pairs, -1), _NEVER)
        lowest = np.full(search.n_pairs + 1, np.iinfo(np.int64).max)
        for _, keys, pairs in search.candidates(rows, own_too=True):
            np.minimum.at(lowest, pairs, keys)
        bound = lowest[:-1]
        wanted: Mask = np.zeros(self.k, dtype=np.bool_)
        wanted[self.labels[rows]] = True
        search.bound = bound
        search._collect(np.flatnonzero(wanted[self.labels]), 0.0, own_too=True)
        cuts = search.cuts.cuts()
        # Fewer rows above the unmarked than are owed: the unmarked are owed too.
        cuts = np.append(np.where(cuts < 0, bound, cuts), np.iinfo(np.int64).max)
        search.lower(cuts[:-1])
        search._mark(rows, cuts, marked, own_too=True)

    def _mark(self, rows: Indices, cuts: Keys, marked: Mask, *, own_too: bool = False) -> None:
        for where, keys, pairs in self.candidates(rows, own_too=own_too):
            marked[where[keys >= cuts[pairs]]] = True

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
        if self.bound is not None:
            bound = np.where(cuts < 0, self.cuts.values(self.bound), bound)
            # Pairs that no unmarked row asks for.
            bound[self.bound == np.iinfo(np.int64).max] = np.inf
        # Two steps down, and then the spacing of the cells' type, so that rounding hides no candidate.
        slack = 2 * self.cuts.step + 2 * float(np.finfo(self.dtype).eps)
        floors = np.append(bound - slack, np.inf).astype(self.dtype).take(self.number)
        floors = floors.reshape(self.k, self.k)
        self.floors: tuple[Probs, Probs] = floors, floors.min(axis=1)

    def candidates(self, rows: Indices, *, own_too: bool) -> Iterator[Found]:
        """Yield, block by block, all margins of `rows` that reach the floors of that moment."""
        if not len(rows):
            return

        def work(start: int, block: Probs, scratch: Scratch) -> Found:
            floors, lowest = self.floors
            here = rows[slice(*np.searchsorted(rows, (start, start + len(block))))]
            here = self._within_reach(here, lowest, own_too=own_too)
            return self._block(start, here, block, floors, scratch, own_too=own_too)

        yield from swept(self.source, self.plan, work, share=len(rows) / self.source.n)

    def _within_reach(self, rows: Indices, lowest: Probs, *, own_too: bool) -> Indices:
        """Rows whose second largest probability could reach the lowest floor of their given label."""
        facts = self.facts
        given, top = facts.given[rows], facts.top[rows]
        second = np.minimum(top, 1.0 + self.tolerance - top.astype(np.float64))
        second -= given
        reach = second >= lowest[self.labels[rows]]
        if own_too:
            reach |= top > given
        return rows[reach]

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
