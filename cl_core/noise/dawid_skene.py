"""Several judges of the same rows, none right by decree: Dawid and Skene's model. No probabilities."""

from dataclasses import dataclass

import numpy as np

from cl_core.types import FloatArray, Labels

_ROUNDS = 100
_SETTLED = 1e-6  # change of the class shares that no report would show
_PRIOR_ROWS = 1.0  # rows of prior weight that a judge's row of confusions gets, on its diagonal


@dataclass(frozen=True, slots=True, eq=False)
class Consensus:
    """What judges' votes say about the true classes.

    Attributes
    ----------
    joint
        Shape ``(k, k)``, rows = first judge's vote, columns = true class, sums to 1.
    disagreement
        Estimated share of rows where the first judge is wrong, in 0..1.
    """

    joint: FloatArray
    disagreement: float


def consensus(votes: Labels, n_classes: int) -> Consensus:
    """Fit class shares and one confusion matrix a judge by expectation-maximisation.

    Parameters
    ----------
    votes
        Shape ``(n, judges)``, class numbers in ``0..n_classes-1``.
    n_classes
        Number of classes k. Memory is one ``(patterns, k)`` matrix, patterns being the different rows of
        `votes`.

    References
    ----------
    Dawid and Skene (1979), Maximum likelihood estimation of observer error-rates using the EM
    algorithm, Applied Statistics 28. Judges must err independently given the true class.
    """
    patterns, counts = np.unique(votes, axis=0, return_counts=True)
    weight = counts / counts.sum()
    belief = np.zeros((len(patterns), n_classes))
    for vote in patterns.T:
        belief[np.arange(len(patterns)), vote] += 1 / patterns.shape[1]
    shares = np.zeros(n_classes)
    for _ in range(_ROUNDS):
        before, shares = shares, weight @ belief
        belief = _judge(patterns, belief, shares, _confusions(patterns, belief, weight, len(votes)))
        if np.abs(shares - before).max() < _SETTLED:
            break
    joint = np.zeros((n_classes, n_classes))
    np.add.at(joint, patterns[:, 0], belief * weight[:, None])
    return Consensus(joint, float(np.clip(1 - joint.trace(), 0.0, 1.0)))


def _confusions(patterns: Labels, belief: FloatArray, weight: FloatArray, n: int) -> list[FloatArray]:
    """One matrix a judge: probability of the vote (row) given the true class (column)."""
    k = belief.shape[1]
    found = []
    for vote in patterns.T:
        counts = np.eye(k) * (_PRIOR_ROWS / n)
        np.add.at(counts, vote, belief * weight[:, None])
        found.append(counts / counts.sum(axis=0))
    return found


def _judge(
    patterns: Labels, belief: FloatArray, shares: FloatArray, confusions: list[FloatArray]
) -> FloatArray:
    """Probability of each true class for each pattern; the old belief where nothing is possible."""
    new = np.broadcast_to(shares, belief.shape).copy()
    for vote, confusion in zip(patterns.T, confusions, strict=True):
        new *= confusion[vote]
    total = new.sum(axis=1, keepdims=True)
    return np.where(total > 0, new / np.where(total > 0, total, 1.0), belief)
