"""The paper's estimate: one minus the trace of the calibrated confident joint. Its bias is not corrected."""

from cl_core.joint import estimate_joint
from cl_core.noise.interval import wilson
from cl_core.noise.record import NoiseEstimate
from cl_core.types import Labels, Probs


def by_confident_joint(labels: Labels, pred_probs: Probs, confidence: float) -> NoiseEstimate:
    """Count confident contradictions: right for perfect probabilities, too high for a weak model.

    The interval (Wilson's) covers sampling only.
    """
    joint = estimate_joint(labels, pred_probs)
    rate = min(1.0, max(0.0, 1.0 - float(joint.trace())))
    low, high = wilson(rate, len(labels), confidence)
    return NoiseEstimate(rate, low, high, confidence, "confident_joint", len(labels), joint)
