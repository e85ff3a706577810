"""Which class the model is confident each row is: the second sweep. No counting."""

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cl_core.engine.best import TURN_UP_TO, best_across, best_down, turned
from cl_core.engine.plan import Plan, Scratch, sweep
from cl_core.engine.rows import RowFacts, compute_type
from cl_core.engine.source import Source
from cl_core.types import FloatArray, Probs

Collisions: TypeAlias = Literal["largest", "excess", "most_probable"]

# A mean of equal terms may miss them by its rounding; the slack lets such a row reach its threshold.
SLACK = 1e-6


def cut_offs(thresholds: FloatArray, dtype: np.dtype[np.floating]) -> Probs:
    """Smallest numbers of `dtype` at which a probability reaches its threshold; infinite without one.

    Comparing in the type of the probabilities is exact and reads no cell twice as wide. A class that
    the model never believes in has threshold 0; a probability of 0 still does not reach it.
    """
    exact = np.where(np.isnan(thresholds), np.inf, np.maximum(thresholds - SLACK, SLACK))
    narrow = exact.astype(dtype)
    low = narrow < exact
    narrow[low] = np.nextafter(narrow[low], dtype.type(np.inf))
    return narrow


def confident_classes(
    source: Source, facts: RowFacts, thresholds: FloatArray, plan: Plan, collisions: Collisions = "largest"
) -> NDArray[np.unsignedinteger]:
    """Class each row counts for, shape (n,); k for a row that reaches no threshold.

    A row whose largest probability reaches its threshold is settled without another look, for no other
    class of the row has a larger one. With ``collisions="excess"`` the class with the largest
    ``p - t`` is taken instead; with ``"most_probable"`` a row confident in several classes counts for its
    most probable class, be it confident or not.
    """
    dtype = compute_type(source.dtype)
    cuts = cut_offs(thresholds, dtype)
    none = facts.top_class.dtype.type(source.k)
    settled = facts.top >= cuts.take(facts.top_class)
    found = np.where(settled, facts.top_class, none)
    look = facts.top >= cuts.min()
    if collisions != "excess":
        look &= ~settled
    # Where the excess decides it is computed in float64: differences of float32 are then exact.
    wide = np.where(np.isnan(thresholds), np.inf, thresholds)

    def work(start: int, block: Probs, scratch: Scratch) -> None:
        rows = np.flatnonzero(look[start : start + len(block)])
        if not len(rows):
            return
        picked = block.take(rows, axis=0).astype(dtype, copy=False)
        best = _excess(picked, cuts, wide) if collisions == "excess" else _largest(picked, cuts, scratch)
        if collisions == "most_probable":
            several = (picked >= cuts).sum(axis=1) > 1
            best = np.where(several, facts.top_class[rows + start], best)
        found[rows + start] = best

    if look.any():
        sweep(source, plan, work)
    return found


def _largest(picked: Probs, cuts: Probs, scratch: Scratch) -> NDArray[np.integer]:
    """Class of the largest probability among those that reach their cut-off, k for none."""
    k = len(cuts)
    if k <= TURN_UP_TO:
        columns = turned(picked, scratch, picked.dtype)
        columns *= columns >= cuts[:, None]
        value, lowest = best_down(columns, scratch)
        return np.where(value > 0, lowest, k)
    value, best = best_across(picked * (picked >= cuts))
    return np.where(value > 0, best, k)


def _excess(picked: Probs, cuts: Probs, thresholds: FloatArray) -> NDArray[np.integer]:
    """Class of the largest ``p - t`` among those that reach their cut-off, k for none."""
    excess = np.where(picked >= cuts, picked.astype(np.float64) - thresholds, -np.inf)
    best = excess.argmax(axis=1)
    return np.where(np.isneginf(excess.max(axis=1)), len(cuts), best)
