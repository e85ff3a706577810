"""The noise rate from labels and probabilities, by a named method. No human audit."""

from math import sqrt
from statistics import NormalDist

from cl_core.errors import ConfigError
from cl_core.joint import estimate_joint
from cl_core.noise.record import NoiseEstimate
from cl_core.types import Labels, Probs

METHODS = ("confident_joint",)


def estimate_noise_rate(
    labels: Labels, pred_probs: Probs, *, method: str = "confident_joint", confidence: float = 0.95
) -> NoiseEstimate:
    """Estimate the share of wrong labels.

    Parameters
    ----------
    labels
        Given labels, shape ``(n,)``, values in ``0..k-1``.
    pred_probs
        Out-of-sample probabilities, shape ``(n, k)``.
    method
        ``"confident_joint"``: one minus the trace of the estimated joint of given and true label.
    confidence
        Nominal coverage of the interval, in 0..1. The interval (Wilson's) covers sampling only.

    Returns
    -------
    NoiseEstimate
        A perfect model on perfect labels gives a rate of 0.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), Confident Learning, JAIR 70, section 3.1.

    Examples
    --------
    >>> import numpy as np
    >>> labels = np.array([0, 0, 0, 1])
    >>> probs = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8]])
    >>> estimate_noise_rate(labels, probs).rate
    0.25
    """
    if method not in METHODS:
        raise ConfigError(f"no noise estimator {method!r}", hint=f"known methods: {', '.join(METHODS)}")
    joint = estimate_joint(labels, pred_probs)
    rate = min(1.0, max(0.0, 1.0 - float(joint.trace())))
    low, high = _wilson(rate, len(labels), confidence)
    return NoiseEstimate(rate, min(low, rate), max(high, rate), confidence, method, len(labels), joint)


def _wilson(share: float, n: int, confidence: float) -> tuple[float, float]:
    """Wilson's score interval for a share of `n` rows."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)
