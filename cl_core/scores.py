"""Label quality: a number a row, 0 for a label that is surely wrong, 1 for one that is surely right."""

from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike

from cl_core.errors import ConfigError
from cl_core.reading import Reading, read
from cl_core.types import FloatArray, Indices

ScoreMethod: TypeAlias = Literal["self_confidence", "normalized_margin"]


def label_quality_scores(
    labels: ArrayLike, pred_probs: ArrayLike, *, method: ScoreMethod = "self_confidence"
) -> FloatArray:
    """Score each label by how much the model believes it.

    Parameters
    ----------
    labels
        Given labels, shape ``(n,)``, values in ``0..k-1``.
    pred_probs
        Out-of-sample probabilities, shape ``(n, k)``.
    method
        ``"self_confidence"``: the probability of the given label, ``p[given]``.
        ``"normalized_margin"``: ``(p[given] - max of the other classes + 1) / 2``.

    Returns
    -------
    float array, shape (n,)
        In 0..1, low for suspect labels.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), Confident Learning, JAIR 70, section 3.2.

    Examples
    --------
    >>> label_quality_scores([0, 1], [[0.75, 0.25], [0.75, 0.25]], method="normalized_margin")
    array([0.75, 0.25])
    """
    if method not in get_args(ScoreMethod):
        raise ConfigError(f"no score {method!r}", hint=f"known scores: {', '.join(get_args(ScoreMethod))}")
    return scores_of(read(labels, pred_probs, with_other=method == "normalized_margin"), method)


def scores_of(reading: Reading, method: ScoreMethod) -> FloatArray:
    """Scores of a reading; margins need one that keeps the best other class."""
    given = reading.facts.given.astype(np.float64)
    if method == "self_confidence":
        return given
    given -= reading.facts.best_other()
    given += 1
    given /= 2
    return given


def rank_label_issues(
    labels: ArrayLike, pred_probs: ArrayLike, *, method: ScoreMethod = "self_confidence"
) -> Indices:
    """Row numbers, most suspect label first; equal scores keep the order of the rows.

    Examples
    --------
    >>> rank_label_issues([0, 1, 0], [[0.75, 0.25], [0.75, 0.25], [0.5, 0.5]])
    array([1, 2, 0])
    """
    return np.argsort(label_quality_scores(labels, pred_probs, method=method), kind="stable")
