"""The noise estimators of cl_core behind the plugin contract. No statistics: cl_core.noise has them.

"views" is missing here: it takes several models' probabilities, and the contract hands over one.
"""

from cl_core.noise import NoiseEstimate, estimate_noise_rate
from cl_core.types import Labels, Probs
from cl_plugins.options import NoiseOptions


def by_auto(labels: Labels, pred_probs: Probs, options: NoiseOptions) -> NoiseEstimate:
    """Read the disagreement curve."""
    return estimate_noise_rate(labels, pred_probs, method="auto", confidence=options.confidence)


def by_anchors(labels: Labels, pred_probs: Probs, options: NoiseOptions) -> NoiseEstimate:
    """Count contradictions where the model is surest."""
    return estimate_noise_rate(labels, pred_probs, method="anchors", confidence=options.confidence)


def by_confident_joint(labels: Labels, pred_probs: Probs, options: NoiseOptions) -> NoiseEstimate:
    """Take one minus the trace of the calibrated confident joint."""
    return estimate_noise_rate(labels, pred_probs, method="confident_joint", confidence=options.confidence)
