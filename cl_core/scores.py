"""Label quality: a number a row, 0 for a label that is surely wrong, 1 for one that is surely right."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike

from cl_core.engine.plan import Plan, Scratch, sweep
from cl_core.errors import ConfigError
from cl_core.reading import Reading, read
from cl_core.types import FloatArray, Indices, Labels, Probs

ScoreMethod: TypeAlias = Literal[
    "auto", "self_confidence", "normalized_margin", "confidence_weighted_entropy"
]
Weighting: TypeAlias = Literal["uniform", "accuracy"]

# An entropy is divided by the self-confidence; one below this counts as this.
_LEAST_CONFIDENCE = 1e-6


def label_quality_scores(
    labels: ArrayLike,
    pred_probs: Any,
    *,
    method: ScoreMethod = "self_confidence",
    adjust: bool = False,
    plan: Plan | None = None,
) -> FloatArray:
    """Score each label by how much the model believes it.

    Parameters
    ----------
    labels
        Given labels, shape ``(n,)``, values in ``0..k-1``.
    pred_probs
        Out-of-sample probabilities, shape ``(n, k)``, or any source `find_label_issues` takes.
    method
        ``"self_confidence"``: the probability of the given label, ``p[given]``.
        ``"normalized_margin"``: ``(p[given] - max of the other classes + 1) / 2``.
        ``"confidence_weighted_entropy"``: ``log(1 + x) / x`` with x the entropy of the row, in units of
        ``log(k)``, over ``p[given]``; 1 for a row without entropy, whose label is certain.
        ``"auto"``: see `cl_core.auto`.
    adjust
        Whether to score ``p - t + max(t)``, divided by its sum, in place of p: classes the model is shy
        of are lifted. A class that labels no row stays as it is. ``"auto"`` adjusts by itself.
    plan
        Number of threads and size of blocks; no choice changes a bit of the result.

    Returns
    -------
    float array, shape (n,)
        In 0..1, low for suspect labels.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), Confident Learning, JAIR 70, section 3.2; Kuan and Mueller (2022),
    Model-agnostic label quality scoring, for the adjustment and the weighted entropy.

    Examples
    --------
    >>> label_quality_scores([0, 1], [[0.75, 0.25], [0.75, 0.25]], method="normalized_margin")
    array([0.75, 0.25])
    >>> label_quality_scores([0], [[1.0, 0.0]], method="confidence_weighted_entropy")
    array([1.])
    """
    if method not in get_args(ScoreMethod):
        raise ConfigError(f"no score {method!r}", hint=f"known scores: {', '.join(get_args(ScoreMethod))}")
    reading = read(labels, pred_probs, plan=plan, with_other=method == "normalized_margin" and not adjust)
    return scores_of(reading, method, adjust=adjust)


def scores_of(reading: Reading, method: ScoreMethod, *, adjust: bool = False) -> FloatArray:
    """Scores of a reading; plain margins need one that keeps the best other class."""
    if method == "auto":
        from cl_core.auto import auto_scores

        return auto_scores(reading)
    if method == "confidence_weighted_entropy" or adjust:
        return _swept_scores(reading, method, adjust=adjust)
    given = reading.facts.given.astype(np.float64)
    if method == "self_confidence":
        return np.minimum(given, 1.0, out=given)
    return _half(given - reading.facts.best_other())


def rank_label_issues(
    labels: ArrayLike,
    pred_probs: Any,
    *,
    method: ScoreMethod = "self_confidence",
    adjust: bool = False,
    plan: Plan | None = None,
) -> Indices:
    """Row numbers, most suspect label first; equal scores keep the order of the rows.

    Examples
    --------
    >>> rank_label_issues([0, 1, 0], [[0.75, 0.25], [0.75, 0.25], [0.5, 0.5]])
    array([1, 2, 0])
    """
    scores = label_quality_scores(labels, pred_probs, method=method, adjust=adjust, plan=plan)
    return np.argsort(scores, kind="stable")


def ensemble_label_quality_scores(
    labels: ArrayLike,
    pred_probs: Sequence[Any],
    *,
    method: ScoreMethod = "self_confidence",
    adjust: bool = False,
    weights: Weighting | Sequence[float] = "accuracy",
    plan: Plan | None = None,
) -> FloatArray:
    """Score each label by several models: the weighted mean of their scores.

    Parameters
    ----------
    labels
        Given labels, shape ``(n,)``.
    pred_probs
        One source of probabilities a model, each of shape ``(n, k)``.
    method, adjust, plan
        See `label_quality_scores`.
    weights
        ``"accuracy"``: by how often each model agrees with the given labels; ``"uniform"``; or one
        number of 0 or more a model, not all 0.

    Returns
    -------
    float array, shape (n,)
        In 0..1, low for suspect labels. One model alone gets its own scores.

    Examples
    --------
    >>> ensemble_label_quality_scores([0], [[[1.0, 0.0]], [[0.5, 0.5]]], weights="uniform")
    array([0.75])
    """
    if not len(pred_probs):
        raise ConfigError("no model was given", hint="pass one source of probabilities a model")
    readings = [
        read(labels, probs, plan=plan, with_other=method == "normalized_margin") for probs in pred_probs
    ]
    shares = _weights(readings, weights)
    total = np.zeros(len(readings[0].labels))
    for share, reading in zip(shares, readings, strict=True):
        total += share * scores_of(reading, method, adjust=adjust)
    return total


def _weights(readings: list[Reading], weights: Weighting | Sequence[float]) -> list[float]:
    if weights == "uniform":
        given = [1.0] * len(readings)
    elif weights == "accuracy":
        given = [float((reading.facts.top_class == reading.labels).mean()) for reading in readings]
        given = given if sum(given) else [1.0] * len(readings)
    else:
        given = [float(weight) for weight in weights]
    if len(given) != len(readings) or min(given) < 0 or not sum(given):
        raise ConfigError(
            f"weights are {weights!r} for {len(readings)} models, wanted one number of 0 or more a model",
            hint="'accuracy', 'uniform', or one number a model that are not all 0",
        )
    return [weight / sum(given) for weight in given]


def _swept_scores(reading: Reading, method: ScoreMethod, *, adjust: bool) -> FloatArray:
    reading.facts  # noqa: B018 - the first sweep checks every cell
    scores = np.empty(len(reading.labels))
    lift = reading.lift if adjust else None

    def work(start: int, block: Probs, _scratch: Scratch) -> None:
        codes = reading.labels[start : start + len(block)]
        wide = block.astype(np.float64)
        if lift is not None:
            wide += lift
            wide /= wide.sum(axis=1, keepdims=True)
        scores[start : start + len(block)] = _block_scores(wide, codes, method)

    sweep(reading.source, reading.plan, work)
    return scores


def _block_scores(wide: FloatArray, codes: Labels, method: ScoreMethod) -> FloatArray:
    rows, k = np.arange(len(wide)), wide.shape[1]
    given = wide[rows, codes]
    if method == "self_confidence":
        return np.minimum(given, 1.0)
    if method == "normalized_margin":
        wide[rows, codes] = -np.inf
        return _half(given - wide.max(axis=1))
    logs = np.log(np.where(wide > 0, wide, 1.0))
    entropy = np.maximum(-np.einsum("ij,ij->i", wide, logs) / np.log(k), 0.0)
    x = entropy / np.maximum(given, _LEAST_CONFIDENCE)
    return np.where(x > 0, np.log1p(x) / np.where(x > 0, x, 1.0), 1.0)


def _half(margin: FloatArray) -> FloatArray:
    """Bring a margin in -1..1 to 0..1; row sums may be a little off 1."""
    return np.clip((margin + 1) / 2, 0.0, 1.0)
