"""The first sweep: checks every cell and keeps a few numbers a row. No thresholds, no decisions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cl_core.engine.best import TURN_UP_TO, best_across, best_down, class_type, turned
from cl_core.engine.exact import ClassSums
from cl_core.engine.plan import Plan, Scratch, sweep
from cl_core.engine.source import Source
from cl_core.types import Labels, Probs


@dataclass(frozen=True, slots=True, eq=False)
class RowFacts:
    """What later steps need of each row, and what the first sweep found out about all of them.

    Attributes
    ----------
    given, top
        Shape ``(n,)``: probability of the given label, and the largest of the row.
    top_class
        Shape ``(n,)``: class of the largest probability, the lowest number among equals.
    other
        Shape ``(n,)``: largest probability among the classes not given; None when not asked for.
    sums
        Number of rows and exact sum of `given` for each given label.
    bad_blocks
        First rows of the blocks with a cell or a row sum that cannot be a probability's.
    """

    given: Probs
    top: Probs
    top_class: NDArray[np.unsignedinteger]
    other: Probs | None
    sums: ClassSums
    bad_blocks: tuple[int, ...]

    def best_other(self) -> Probs:
        """Column `other`; asking for it without having kept it is a fault of the caller."""
        if self.other is None:
            raise RuntimeError("this reading did not keep the best other class: read(with_other=True)")
        return self.other


def compute_type(dtype: np.dtype[np.floating]) -> np.dtype[np.floating]:
    """Type a source is worked on in: half precision is widened, exactly, to single."""
    return np.dtype(np.float32) if dtype.itemsize < 4 else dtype  # noqa: PLR2004 - bytes of float32


def row_facts(
    source: Source, labels: Labels, plan: Plan, *, tolerance: float, with_other: bool = True
) -> RowFacts:
    """Sweep `source` once; cells that are no probabilities are reported, and what is kept of them is void."""
    dtype = compute_type(source.dtype)
    given, top = np.empty(source.n, dtype), np.empty(source.n, dtype)
    top_class = np.empty(source.n, class_type(source.k))
    turn = source.k <= TURN_UP_TO
    # A turned block gives the best other class for nothing.
    other = np.empty(source.n, dtype) if with_other or turn else None

    def work(start: int, block: Probs, scratch: Scratch) -> tuple[ClassSums, bool]:
        codes = labels[start : start + len(block)]
        here = slice(start, start + len(block))
        if turn:
            good = _turned_block(codes, turned(block, scratch, dtype), scratch, here, out)
        else:
            good = _plain_block(codes, _widened(block, scratch, dtype), scratch, here, out)
        sums = ClassSums(source.k)
        if good:
            sums.update(codes, given[here])
        return sums, good

    out = _Columns(given, top, top_class, other, tolerance)
    found = sweep(source, plan, work)
    total = ClassSums(source.k)
    for sums, _ in found:
        total.merge(sums)
    rows = plan.rows(source.k, max(source.dtype.itemsize, 4))
    bad = tuple(i * rows for i, (_, good) in enumerate(found) if not good)
    return RowFacts(given, top, top_class, other, total, bad)


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    given: Probs
    top: Probs
    top_class: NDArray[np.unsignedinteger]
    other: Probs | None
    tolerance: float


def _widened(block: Probs, scratch: Scratch, dtype: np.dtype[np.floating]) -> Probs:
    if block.dtype == dtype:
        return block
    wide = scratch.get("wide", block.shape, dtype)
    np.copyto(wide, block)
    return wide


def _sound(sums: Probs, smallest: float, tolerance: float) -> bool:
    """Whether cells and row sums can be probabilities'; NaN and infinities fail every comparison."""
    return bool(smallest >= 0 and abs(sums.max() - 1) <= tolerance and abs(sums.min() - 1) <= tolerance)


def _turned_block(codes: Labels, columns: Probs, scratch: Scratch, here: slice, out: _Columns) -> bool:
    rows = columns.shape[1]
    good = _sound(np.add.reduce(columns, axis=0), columns.min(), out.tolerance)
    flat = codes * rows
    flat += np.arange(rows)
    given = columns.reshape(-1).take(flat)
    columns.reshape(-1)[flat] = -1
    other, other_class = best_down(columns, scratch)
    # Compared and chosen in one byte a row.
    own = codes.astype(np.uint8)
    wins = (given > other) | ((given == other) & (own < other_class))
    out.given[here] = given
    np.maximum(given, other, out=out.top[here])
    out.top_class[here] = np.where(wins, own, other_class)
    if out.other is not None:
        out.other[here] = other
    return good


def _plain_block(codes: Labels, block: Probs, scratch: Scratch, here: slice, out: _Columns) -> bool:
    good = _sound(np.einsum("ij->i", block), block.min(), out.tolerance)
    flat = np.arange(0, block.size, block.shape[1])
    flat += codes
    given = block.reshape(-1).take(flat)
    out.given[here] = given
    if out.other is not None:
        others = scratch.get("others", block.shape, block.dtype)
        np.copyto(others, block)
        others.reshape(-1)[flat] = -1
        other, other_class = best_across(others)
        wins = (given > other) | ((given == other) & (codes < other_class))
        out.other[here] = other
        np.maximum(given, other, out=out.top[here])
        out.top_class[here] = np.where(wins, codes, other_class)
        return good
    # Over half of a row's sum is the largest of the row, and only once: no need to look.
    open_rows = np.flatnonzero(given <= (1 + out.tolerance) / 2)
    if 2 * len(open_rows) > len(block):
        out.top[here], out.top_class[here] = best_across(block)
        return good
    some = scratch.get("some", (len(open_rows), block.shape[1]), block.dtype)
    block.take(open_rows, axis=0, out=some, mode="clip")
    top, top_class = out.top[here], out.top_class[here]
    top[:], top_class[:] = given, codes
    top[open_rows], top_class[open_rows] = best_across(some)
    return good
