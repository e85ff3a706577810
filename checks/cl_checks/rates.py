"""Shares of wrong labels in parts of the data, with intervals for many parts at once. No limits.

A part's interval joins three doubts as independent errors are joined, by the root of the sum of squares:
Wilson's interval for the rows of the part, at a confidence that Bonferroni's inequality shares among all
the parts looked at; the doubt in the total, taken over in proportion, because whatever misleads the
estimator in all misleads it in a part; and the doubt whether the wrong labels lie in this part or another.
"""

from dataclasses import dataclass
from math import hypot

import numpy as np

from cl_core.baseline import ClassFigures
from cl_core.evidence import Evidence
from cl_core.noise.curve import STEPS, SURE_STEPS
from cl_core.noise.interval import wilson
from cl_core.types import FloatArray

# The default estimator reads errors off the rows that the model is surest of: so many carry the news.
_READ_BY_AUTO = SURE_STEPS / STEPS
# Errors of one class are taken for another's, the more of them the more there are in all. On CIFAR-10 with
# 20 and 40 % noise and on CIFAR-10N, intervals without this doubt hold 93 of 120 classes, with it 118
# (tests/checks/test_class_noise_real.py; digits, which had no part in choosing it: 119 of 120).
_MISPLACED = 0.4


@dataclass(frozen=True, slots=True)
class Rate:
    """Estimated share of wrong labels in a part of the data, ``low <= rate <= high``."""

    rate: float
    low: float
    high: float


def class_rows(evidence: Evidence) -> FloatArray:
    """Rows of each given label, shape (k,)."""
    return evidence.class_table["rows"].to_numpy(dtype=np.float64)


def wrong_shares(evidence: Evidence) -> FloatArray:
    """Share of the rows of each given label that belong to each class, shape (k, k).

    Rows are given labels and sum to 1; NaN for a class that labels no row. From the estimator's own
    joint where it gives one, else from the confident joint scaled to the estimator's rate.
    """
    rows = class_rows(evidence)
    if evidence.noise.joint is not None:
        counts = np.asarray(evidence.noise.joint, dtype=np.float64)
    else:
        counts = _scaled(evidence.confident_joint.astype(np.float64), evidence.noise.rate)
    given = counts.sum(axis=1)
    known = (rows > 0) & (given > 0)
    shares = counts / np.where(known, given, 1.0)[:, None]
    return np.where(known[:, None], np.clip(shares, 0.0, 1.0), np.nan)


def _scaled(counts: FloatArray, rate: float) -> FloatArray:
    """Scale what lies off the diagonal to make up `rate`; no row can lose more than it has."""
    off = counts - np.diag(counts.diagonal())
    total, wrong = counts.sum(), off.sum()
    if wrong == 0:
        return counts
    factor = np.full(len(counts), rate * total / wrong)
    has = off.sum(axis=1)
    room = np.where(has > 0, counts.sum(axis=1) / np.where(has > 0, has, 1.0), factor)
    off *= np.minimum(factor, room)[:, None]
    return np.asarray(off + np.diag(np.maximum(counts.sum(axis=1) - off.sum(axis=1), 0.0)))


def part_rate(evidence: Evidence, share: float, rows: float, *, parts: int) -> Rate:
    """Put an interval around the share of wrong labels in one of `parts` parts.

    Parameters
    ----------
    evidence
        Its noise estimate says how far the total is in doubt.
    share
        Estimated share of wrong labels in the part, in 0..1.
    rows
        Rows in the part, more than 0.
    parts
        How many parts are looked at: all their intervals hold together.
    """
    noise = evidence.noise
    confidence = 1 - (1 - noise.confidence) / max(parts, 1)
    read = rows * (_READ_BY_AUTO if noise.method == "auto" else 1.0)
    sampled_low, sampled_high = wilson(share, read, confidence)
    if noise.rate > 0:
        doubted_low, doubted_high = share * noise.low / noise.rate, share * noise.high / noise.rate
    else:
        doubted_low, doubted_high = share, share + noise.high
    elsewhere = _MISPLACED * noise.rate
    low = share - hypot(share - sampled_low, share - doubted_low, elsewhere)
    high = share + hypot(sampled_high - share, doubted_high - share, elsewhere)
    return Rate(share, max(0.0, low), min(1.0, high))


def class_rates(evidence: Evidence, *, parts: int) -> list[Rate | None]:
    """Estimate every class's share of wrong labels; None for a class that labels no row."""
    rows, shares = class_rows(evidence), wrong_shares(evidence)
    return [
        None if np.isnan(own) else part_rate(evidence, min(1.0, max(0.0, 1 - own)), n, parts=parts)
        for own, n in zip(shares.diagonal().tolist(), rows.tolist(), strict=True)
    ]


def class_figures(evidence: Evidence) -> tuple[ClassFigures, ...]:
    """Return what is kept of each class for later runs; each interval stands for itself."""
    rates = class_rates(evidence, parts=1)
    rows = class_rows(evidence).astype(int).tolist()
    return tuple(
        ClassFigures(name, n) if rate is None else ClassFigures(name, n, rate.rate, rate.low, rate.high)
        for name, n, rate in zip(evidence.classes, rows, rates, strict=True)
    )


def row_shares(evidence: Evidence) -> FloatArray:
    """Chance of each row's label to be wrong, shape (n,), such that classes add up to their estimates.

    The wrong labels of a class are first looked for among its flagged rows; what is left over is
    spread over its other rows.
    """
    wrong = 1 - wrong_shares(evidence).diagonal()
    rows = class_rows(evidence)
    number = {name: i for i, name in enumerate(evidence.classes)}
    labels = evidence.scored["given_label"].map(number).to_numpy(dtype=np.intp)
    flagged = evidence.scored["is_label_issue"].to_numpy(dtype=bool)
    marked = np.bincount(labels, weights=flagged, minlength=len(rows))
    expected = np.nan_to_num(wrong) * rows
    among = np.minimum(expected / np.maximum(marked, 1), 1.0) * (marked > 0)
    others = np.where(rows > marked, (expected - among * marked) / np.maximum(rows - marked, 1), 0.0)
    return np.where(flagged, among[labels], np.clip(others, 0.0, 1.0)[labels])
