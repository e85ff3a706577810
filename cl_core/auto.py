"""The score and the filter chosen from the data: how probable the given label is to be the true one.

The rule, in full:

1. The calibrated joint Q counts given against true labels. A fifth of it is replaced by what two
   independent labels would give, because a pair that was never counted is rare, not impossible, and
   because people err by rows as well as by classes.
2. A model trained on noisy labels predicts noisy labels: its probabilities are the true class's, mixed by
   the noise matrix of Q. Twenty steps of Richardson's and Lucy's iteration, started from the prior,
   undo the mixing for each row without ever leaving the probabilities.
3. Bayes' rule gives the score: the probability that the true class is the given one, the row's true-class
   probabilities and the given label being known.
4. The filter marks the rows of lowest score: as many as maximise the F1 that the scores themselves promise,
   and no fewer than `prune_by_noise_rate` marks, whose count does not rest on step 3's assumption that
   errors depend on the class alone.

The fifth was chosen on scikit-learn's digits and made-up classification sets with injected noise
(benchmarks/label_errors.py --develop draws such sets); the twenty steps were not tuned. No value was
fitted to the data the published figures come from, but they were looked at: an earlier rule without the
fifth and the floor of step 4 failed on labels by people, which sent its authors back to the made-up sets.
"""

import numpy as np

from cl_core.engine.margins import largest_margins
from cl_core.engine.plan import Scratch, sweep
from cl_core.joint import calibrate_joint, noise_matrix
from cl_core.owed import owed_rows
from cl_core.reading import Reading
from cl_core.types import FloatArray, Mask, Probs

_INDEPENDENT = 0.2
_STEPS = 20
_LEAST = 1e-9
# Matrix products are made in tiles of this many rows, always full, so that no block size can change the
# order in which a library of linear algebra adds up.
_TILE = 256


def auto_scores(reading: Reading, *, only: Mask | None = None) -> FloatArray:
    """Probability that the given label is the true one, shape (n,), in 0..1; 1 where `only` leaves a row out.

    Costs about ``80 k²`` operations a row, a matrix product each: seconds for a million rows of ten
    classes, minutes for a thousand classes.

    References
    ----------
    Richardson (1972), Bayesian-based iterative method of image restoration; Lucy (1974).
    """
    counts = calibrate_joint(reading.counts, reading.per_label)
    joint = counts / counts.sum()
    joint = (1 - _INDEPENDENT) * joint + _INDEPENDENT * np.outer(joint.sum(axis=1), joint.sum(axis=0))
    mixing = np.maximum(noise_matrix(joint), _LEAST)
    prior = joint.sum(axis=0)
    scores = np.ones(len(reading.labels))

    def work(start: int, block: Probs, _scratch: Scratch) -> None:
        rows = np.arange(len(block)) if only is None else np.flatnonzero(only[start : start + len(block)])
        for first in range(0, len(rows), _TILE):
            chosen = rows[first : first + _TILE]
            part = block[chosen].astype(np.float64)
            part /= part.sum(axis=1, keepdims=True)
            tile = np.full((_TILE, block.shape[1]), 1 / block.shape[1])
            tile[: len(part)] = part
            true = _unmixed(tile, mixing, prior)[: len(part)]
            codes = reading.labels[start + chosen]
            true *= mixing[codes]
            total = np.einsum("ij->i", true)
            scores[start + chosen] = true[np.arange(len(part)), codes] / total

    sweep(reading.source, reading.plan, work)
    return np.clip(scores, 0.0, 1.0, out=scores)


def _unmixed(tile: FloatArray, mixing: FloatArray, prior: FloatArray) -> FloatArray:
    """Distributions of the true class whose mixture is the tile's, as near as `_STEPS` steps come."""
    forth, back = np.ascontiguousarray(mixing.T), np.ascontiguousarray(mixing)
    true = np.repeat(prior[None, :], len(tile), axis=0)
    for _ in range(_STEPS):
        expected = true @ forth
        np.maximum(expected, 1e-12, out=expected)
        np.divide(tile, expected, out=expected)
        true *= expected @ back
    true += np.finfo(np.float64).tiny
    return true


def auto_issues(reading: Reading, scores: FloatArray | None = None) -> Mask:
    """Mark the rows of lowest score: step 4 of the rule. All of equal scores at the cut are marked."""
    scores = auto_scores(reading) if scores is None else scores
    ordered = np.sort(scores)
    promised = np.cumsum(1 - ordered)
    sizes = np.arange(1, len(ordered) + 1)
    if promised[-1] <= 0:
        return np.zeros(len(ordered), dtype=np.bool_)
    f1 = 2 * promised / (sizes + promised[-1])
    owed = owed_rows(calibrate_joint(reading.counts, reading.per_label))
    counted = int(
        largest_margins(
            reading.source, reading.labels, reading.facts, owed, reading.plan, tolerance=reading.tolerance
        ).sum()
    )
    wanted = max(int(f1.argmax()) + 1, counted)
    return np.asarray(scores <= ordered[wanted - 1])
