"""How often labels contradict the model, from its surest rows to its least sure. No estimates of noise."""

from dataclasses import dataclass

import numpy as np

from cl_core.types import FloatArray, Labels, Probs

STEPS = 10  # tenths: fine enough to see a plateau, coarse enough for 50 rows
_BLOCK_CELLS = 1 << 20  # cells of one block, 8 MB in double precision: bounds the copy a sweep makes


@dataclass(frozen=True, slots=True, eq=False)
class DisagreementCurve:
    """Share of labels that contradict the model, by how sure the model is.

    Attributes
    ----------
    steps
        Shape ``(10,)``, in 0..1: the share among the surest tenth of the rows of every predicted
        class, the next tenth, and so on. Their mean is `disagreement`.
    disagreement
        Share of all rows whose most probable class is not the given label, in 0..1.
    sure_pairs
        Shape ``(k, k)``, rows = given label, columns = predicted class: labels among the surer half
        of each predicted class, each column scaled to the share of rows predicted so. Sums to 1.
    """

    steps: FloatArray
    disagreement: float
    sure_pairs: FloatArray

    def part(self, first: int, last: int) -> float:
        """Mean over the tenths ``first..last``, counted from 0, the last one included."""
        return float(self.steps[first : last + 1].mean())


def disagreement_curve(labels: Labels, pred_probs: Probs) -> DisagreementCurve:
    """Sort the rows of each predicted class by margin and count contradictions along the way.

    Rows with equal margins share their contradictions equally, so the order of rows never matters.
    A class with fewer than ten rows spreads each over the tenths it covers.
    """
    n, k = pred_probs.shape
    predicted, margin = predictions(pred_probs)
    order = np.lexsort((-margin, predicted))
    classes, margins = predicted[order], margin[order]
    new_tie = np.ones(n, dtype=np.bool_)
    new_tie[1:] = (classes[1:] != classes[:-1]) | (margins[1:] != margins[:-1])
    tie = np.cumsum(new_tie) - 1
    size = np.bincount(tie)
    wrong = predicted[order] != labels[order]
    shared = (np.bincount(tie, weights=wrong) / size)[tie]
    rows = np.bincount(predicted, minlength=k).astype(np.float64)
    ends = np.cumsum(rows)
    middle = (np.cumsum(size) - size / 2)[tie] - (ends - rows)[classes]
    half = middle <= rows[classes] / 2
    return DisagreementCurve(
        steps=_steps(np.concatenate(([0.0], np.cumsum(shared))), rows, ends - rows, n),
        disagreement=float(wrong.mean()),
        sure_pairs=_pairs(labels[order][half], classes[half], rows),
    )


def predictions(pred_probs: Probs) -> tuple[Labels, FloatArray]:
    """Most probable class of each row and its lead over the runner-up, both of shape ``(n,)``."""
    n, k = pred_probs.shape
    predicted = np.empty(n, dtype=np.intp)
    margin = np.empty(n, dtype=np.float64)
    rows = max(1, _BLOCK_CELLS // k)
    for start in range(0, n, rows):
        block = pred_probs[start : start + rows].astype(np.float64)
        at = np.arange(len(block))
        best = block.argmax(axis=1)
        top = block[at, best]
        block[at, best] = -1.0
        predicted[start : start + rows] = best
        margin[start : start + rows] = top - block.max(axis=1)
    return predicted, margin


def _steps(running: FloatArray, rows: FloatArray, starts: FloatArray, n: int) -> FloatArray:
    """Contradictions in each tenth, from running totals of shape (n + 1,) over the sorted rows."""
    cuts = starts[:, None] + rows[:, None] * np.linspace(0, 1, STEPS + 1)
    whole = np.minimum(cuts.astype(np.intp), n - 1)
    at_cut = running[whole] + (cuts - whole) * (running[whole + 1] - running[whole])
    return np.asarray(np.clip(np.diff(at_cut, axis=1).sum(axis=0) / (n / STEPS), 0.0, 1.0))


def _pairs(labels: Labels, predicted: Labels, rows: FloatArray) -> FloatArray:
    k = len(rows)
    counts = np.bincount(labels * k + predicted, minlength=k * k).reshape(k, k)
    seen = counts.sum(axis=0)
    # A class all of whose rows tie around its middle has no surer half: it keeps its diagonal.
    counts[seen == 0, seen == 0] = 1
    return np.asarray(counts / counts.sum(axis=0) * (rows / rows.sum()))
