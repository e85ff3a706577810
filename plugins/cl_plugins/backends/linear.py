"""A linear model with probabilities, in closed form: the shared head of the default backends. No features.

Ridge regression onto the classes, then a softmax. How much is shrunk and how sharp the softmax is,
held-out rows decide by their log-likelihood. Why this one: docs/adr/0003-default-backends.md.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.model_selection import GroupKFold

from cl_core.types import FloatArray, Labels

Rows: TypeAlias = NDArray[np.float32]  # (n, d)

# Times the mean variance of a direction: from next to no shrinking to next to nothing left.
_SHRINKING = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
_INNER_FOLDS = 4
# Rows that decide; more of them change the second digit of nothing.
_JUDGES = 5_000
_BLOCK = 4_096
_LOG_SHARPNESS = (-1.0, 7.0)


@dataclass(frozen=True, slots=True, eq=False)
class LinearModel:
    """Weights (d, k), offsets (k,) and what was chosen."""

    weights: FloatArray
    offsets: FloatArray
    centre: FloatArray
    sharpness: float
    shrinking: float

    def predict_proba(self, rows: Rows) -> FloatArray:
        """Probabilities of the k classes, shape (n, k)."""
        scores = [(rows[i : i + _BLOCK] - self.centre) @ self.weights for i in range(0, len(rows), _BLOCK)]
        probs: FloatArray = softmax(self.sharpness * (np.concatenate(scores) + self.offsets), axis=1)
        return probs


def fit_linear(rows: Rows, labels: Labels, *, groups: NDArray[Any] | None = None) -> LinearModel:
    """Fit the model to `labels` 0..k-1, each of which occurs.

    Without `groups` each row is predicted by the model that all others make; with `groups`, by one
    that saw nothing of its group, so that the softmax does not get sharper than strangers allow.
    """
    k = int(labels.max()) + 1
    centre: FloatArray = np.asarray(rows.mean(axis=0, dtype=np.float64))
    share = np.bincount(labels, minlength=k) / len(labels)
    system = _Normal.of(rows, labels, k, centre, share)
    judges = np.unique(np.linspace(0, len(rows) - 1, _JUDGES).astype(np.intp))
    if groups is None:
        held_out = _leave_one_out(system, rows[judges] - centre, labels[judges], share, len(rows))
    else:
        held_out, judges = _leave_groups_out(system, rows, labels, groups, centre, share)
    best: tuple[float, float, float] | None = None
    for shrinking, scores in zip(_SHRINKING, held_out, strict=True):
        loss, sharpness = sharpest(scores + share, labels[judges])
        if best is None or loss < best[0]:
            best = loss, shrinking, sharpness
    assert best is not None  # noqa: S101 - _SHRINKING is not empty
    _, shrinking, sharpness = best
    return LinearModel(system.solve(shrinking), share, centre, sharpness, shrinking)


def sharpest(scores: FloatArray, labels: Labels) -> tuple[float, float]:
    """Return the least mean log-loss of a softmax of `scores` (n, k) times a factor, and the factor."""

    def loss(log_factor: float) -> float:
        logs = log_softmax(np.exp(log_factor) * scores, axis=1)
        return -float(logs[np.arange(len(labels)), labels].mean())

    found = minimize_scalar(loss, bounds=_LOG_SHARPNESS, method="bounded", options={"xatol": 0.02})
    return float(found.fun), float(np.exp(found.x))


@dataclass(frozen=True, slots=True, eq=False)
class _Normal:
    """The normal equations of centred rows, in the directions of their variance."""

    gram: FloatArray  # (d, d)
    target: FloatArray  # (d, k)
    values: FloatArray  # (d,)
    directions: FloatArray  # (d, d)

    @classmethod
    def of(cls, rows: Rows, labels: Labels, k: int, centre: FloatArray, share: FloatArray) -> "_Normal":
        d = rows.shape[1]
        gram, target = np.zeros((d, d)), np.zeros((d, k))
        for i in range(0, len(rows), _BLOCK):
            block = rows[i : i + _BLOCK] - centre
            gram += block.T @ block
            target += block.T @ (np.eye(k)[labels[i : i + _BLOCK]] - share)
        return cls.solved(gram, target)

    @classmethod
    def solved(cls, gram: FloatArray, target: FloatArray) -> "_Normal":
        values, directions = eigh(gram)
        return cls(gram, target, np.maximum(values, 0.0), directions)

    def ridge(self, shrinking: float) -> float:
        """Return what is added to the diagonal; more than nothing for rows that are all alike."""
        return max(shrinking * float(self.values.mean()), 1e-12)

    def solve(self, shrinking: float) -> FloatArray:
        """Weights (d, k)."""
        turned = self.directions.T @ self.target
        solved: FloatArray = self.directions @ (turned / (self.values + self.ridge(shrinking))[:, None])
        return solved


def _leave_one_out(
    system: _Normal, rows: FloatArray, labels: Labels, share: FloatArray, n: int
) -> list[FloatArray]:
    """Scores of each row by all other rows, for each shrinking: from its residual and its leverage."""
    turned = rows @ system.directions
    target = system.directions.T @ system.target
    wanted = np.eye(len(share))[labels] - share
    found = []
    for shrinking in _SHRINKING:
        spread = 1 / (system.values + system.ridge(shrinking))
        leverage = np.minimum((turned**2) @ spread + 1 / n, 1 - 1e-9)
        residual = wanted - turned @ (target * spread[:, None])
        found.append(wanted - residual / (1 - leverage)[:, None])
    return found


def _leave_groups_out(
    system: _Normal,
    rows: Rows,
    labels: Labels,
    groups: NDArray[Any],
    centre: FloatArray,
    share: FloatArray,
) -> tuple[list[FloatArray], NDArray[np.intp]]:
    """Scores of each row by the rows of other groups, for each shrinking; and which rows these are."""
    folds = min(_INNER_FOLDS, len(np.unique(groups)))
    if folds < 2:  # noqa: PLR2004 - one group cannot be left out
        everyone = np.unique(np.linspace(0, len(rows) - 1, _JUDGES).astype(np.intp))
        return _leave_one_out(system, rows[everyone] - centre, labels[everyone], share, len(rows)), everyone
    found: list[list[FloatArray]] = []
    judges = []
    for _, held_out in GroupKFold(folds).split(rows, labels, groups):
        part = rows[held_out] - centre
        wanted = np.eye(len(share))[labels[held_out]] - share
        others = _Normal.solved(system.gram - part.T @ part, system.target - part.T @ wanted)
        few = np.unique(np.linspace(0, len(part) - 1, _JUDGES // folds).astype(np.intp))
        found.append([part[few] @ others.solve(shrinking) for shrinking in _SHRINKING])
        judges.append(held_out[few])
    return [np.concatenate(scores) for scores in zip(*found, strict=True)], np.concatenate(judges)
