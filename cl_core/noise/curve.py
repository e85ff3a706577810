"""How often labels contradict the model, from its surest rows to its least sure. No estimates of noise."""

from dataclasses import dataclass

import numpy as np

from cl_core.types import FloatArray, Indices, Labels, Mask, Probs

SURE_STEPS = 3  # tenths called the surest: few enough to be sure, enough rows to count
STEPS = 10  # tenths: fine enough to see a plateau, coarse enough for 50 rows
_BLOCK_CELLS = 1 << 20  # cells of one block, 8 MB in double precision: bounds the copy a sweep makes

# Standard errors by which a class's surest rows must be contradicted more often than its others before
# its order is given up: three, so that chance alone does it in one class of 700.
_UPSIDE_DOWN = 3.0


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
    upside_down
        Predicted classes whose surest rows are contradicted more often than their others, beyond chance.
    """

    steps: FloatArray
    disagreement: float
    sure_pairs: FloatArray
    upside_down: Indices

    def part(self, first: int, last: int) -> float:
        """Mean over the tenths ``first..last``, counted from 0, the last one included."""
        return float(self.steps[first : last + 1].mean())


def disagreement_curve(labels: Labels, pred_probs: Probs) -> DisagreementCurve:
    """Sort the rows of each predicted class by margin and count contradictions along the way.

    Rows with equal margins share their contradictions equally, so the order of rows never matters.
    A class with fewer than ten rows spreads each over the tenths it covers. A predicted class whose
    surest rows are contradicted more often than its others, beyond chance, has no surest rows: being
    sure means being right there less. All its rows count alike.
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
    by_class = _by_class(np.concatenate(([0.0], np.cumsum(shared))), rows, ends - rows)
    level = _without_order(by_class, rows)
    by_class[level] = by_class[level].mean(axis=1, keepdims=True)
    half = (middle <= rows[classes] / 2) | level[classes]
    return DisagreementCurve(
        steps=np.clip(by_class.sum(axis=0) / (n / STEPS), 0.0, 1.0),
        disagreement=float(wrong.mean()),
        sure_pairs=_pairs(labels[order][half], classes[half], rows),
        upside_down=np.flatnonzero(level),
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


def _by_class(running: FloatArray, rows: FloatArray, starts: FloatArray) -> FloatArray:
    """Contradictions of each class in each of its tenths, shape (k, 10), from running totals (n + 1,)."""
    cuts = starts[:, None] + rows[:, None] * np.linspace(0, 1, STEPS + 1)
    whole = np.minimum(cuts.astype(np.intp), len(running) - 2)
    at_cut = running[whole] + (cuts - whole) * (running[whole + 1] - running[whole])
    return np.asarray(np.diff(at_cut, axis=1))


def _without_order(by_class: FloatArray, rows: FloatArray) -> Mask:
    """Which classes, shape (k,), are contradicted more often where the model is surest than elsewhere."""
    tenth = np.maximum(rows, 1.0) / STEPS
    share = np.clip(by_class.mean(axis=1) / tenth, 0.0, 1.0)
    surest = by_class[:, :SURE_STEPS].mean(axis=1) / tenth
    others = by_class[:, SURE_STEPS:].mean(axis=1) / tenth
    error = np.sqrt(share * (1 - share) / tenth * (1 / SURE_STEPS + 1 / (STEPS - SURE_STEPS)))
    # A class that is contradicted throughout has no error; a millionth is more than rounding makes.
    return np.asarray(surest - others > _UPSIDE_DOWN * error + 1e-6)


def _pairs(labels: Labels, predicted: Labels, rows: FloatArray) -> FloatArray:
    k = len(rows)
    counts = np.bincount(labels * k + predicted, minlength=k * k).reshape(k, k)
    seen = counts.sum(axis=0)
    # A class all of whose rows tie around its middle has no surer half: it keeps its diagonal.
    counts[seen == 0, seen == 0] = 1
    return np.asarray(counts / counts.sum(axis=0) * (rows / rows.sum()))
