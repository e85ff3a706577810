"""The anchor estimate: how often labels contradict the model where it is surest. No correction for bias."""

import numpy as np

from cl_core.noise.curve import STEPS, SURE_STEPS, disagreement_curve
from cl_core.noise.interval import wilson
from cl_core.noise.pairs import scale_joint
from cl_core.noise.record import NoiseEstimate
from cl_core.types import Labels, Probs


def by_anchors(labels: Labels, pred_probs: Probs, confidence: float) -> NoiseEstimate:
    """Count contradictions among the surest three tenths of the rows of each predicted class.

    Right when errors strike every row of a class alike; too low when people err on hard rows, where
    the model is unsure too. The interval (Wilson's) covers sampling only.
    """
    n, k = pred_probs.shape
    curve = disagreement_curve(labels, pred_probs)
    rate = curve.part(0, SURE_STEPS - 1)
    low, high = wilson(rate, n * SURE_STEPS / STEPS, confidence)
    joint = scale_joint(curve.sure_pairs, np.bincount(labels, minlength=k) / n, rate)
    return NoiseEstimate(rate, low, high, confidence, "anchors", n, joint)
