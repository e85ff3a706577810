"""The default estimate: a curve read three ways, an interval for bias and sampling, and doubts. No models."""

from collections.abc import Sequence
from math import hypot

import numpy as np

from cl_core.joint import estimate_joint
from cl_core.noise.curve import STEPS, SURE_STEPS, DisagreementCurve, disagreement_curve
from cl_core.noise.interval import wilson
from cl_core.noise.pairs import scale_joint
from cl_core.noise.quality import ModelQuality, model_quality
from cl_core.noise.reading import known, readings, terms
from cl_core.noise.record import NoiseEstimate
from cl_core.noise.views import by_views
from cl_core.types import Labels, Probs

# Half: a range that reaches it cannot say whether most labels are wrong, and no setting of the development
# bench has so many wrong. Six tenths: no setting of the bench contradicts more.
_HALF, _BENCH_ENDS = 0.5, 0.6


def by_auto(labels: Labels, models: Sequence[Probs], confidence: float) -> NoiseEstimate:
    """Read the disagreement curve of each model; with two models or more, let them vote as well.

    The interval takes in what was wrong with such readings on the development bench (bias) and the
    rows' number (sampling). It supposes that the first model names the true class of at least four
    rows in five: nothing in labels and probabilities can show that.
    """
    n, k = models[0].shape
    curves = [disagreement_curve(labels, probs) for probs in models]
    confident = [1.0 - float(estimate_joint(labels, probs).trace()) for probs in models]
    rate, low, high = _combined(curves, confident, n, confidence)
    others = [("confident_joint", confident[0]), ("anchors", curves[0].part(0, SURE_STEPS - 1))]
    if len(models) > 1:
        voted = by_views(labels, models, confidence)
        others.append(("views", voted.rate))
        # Readings miss errors on hard rows, votes count errors that models share: they fail in
        # opposite directions, so the truth is looked for between them.
        rate, low, high = (rate + voted.rate) / 2, min(low, voted.low), max(high, voted.high)
    quality = model_quality(labels, models[0])
    reason = doubts(quality, curves[0], high)
    if not quality.can_judge:
        low, high = 0.0, 1.0
    elif high >= _HALF:
        high = 1.0
    return NoiseEstimate(
        rate,
        low,
        high,
        confidence,
        "auto",
        n,
        scale_joint(curves[0].sure_pairs, np.bincount(labels, minlength=k) / n, rate),
        identified=not reason,
        reason=reason,
        others=tuple((name, min(1.0, max(0.0, value))) for name, value in others),
        notes=tuple(
            f"Class number {j} is contradicted more often where the model is surest of it than elsewhere: "
            "look at how its rows were labelled, and whether the columns are in order."
            for j in curves[0].upside_down
        ),
    )


def doubts(quality: ModelQuality, curve: DisagreementCurve, high: float) -> str:
    """Say why the data do not pin the rate down; empty when they do."""
    if not quality.can_judge:
        return quality.reasons[0]
    if high >= _HALF:
        return (
            f"up to {high:.0%} of the labels may be wrong: from a half on, the data cannot say which is, "
            "the label or the model"
        )
    if curve.disagreement > _BENCH_ENDS:
        return (
            f"the model contradicts {curve.disagreement:.0%} of the labels, too many to tell its own "
            "errors from theirs"
        )
    return ""


def _combined(
    curves: Sequence[DisagreementCurve], confident: Sequence[float], n: int, confidence: float
) -> tuple[float, float, float]:
    """Mean rate of the curves' readings and the widest of their intervals, sampling included."""
    pairs = zip(curves, confident, strict=True)
    found = [readings(terms(curve, joint), known(), confidence) for curve, joint in pairs]
    rate = float(np.mean([rate for rate, _, _ in found]))
    ends = []
    for own, low, high in found:
        sampled_low, sampled_high = wilson(own, n * SURE_STEPS / STEPS, confidence)
        ends.append((own - hypot(own - low, own - sampled_low), own + hypot(high - own, sampled_high - own)))
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    return rate, max(0.0, min(low, rate)), min(1.0, max(high, rate))
