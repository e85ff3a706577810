"""Intervals for a share of rows: what sampling alone leaves open. Nothing about bias."""

from math import sqrt
from statistics import NormalDist


def wilson(share: float, n: float, confidence: float) -> tuple[float, float]:
    """Wilson's score interval for a share in 0..1 seen on `n` rows; inside 0..1 and around the share."""
    z = z_score(confidence)
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


def z_score(confidence: float) -> float:
    """Half the width, in standard deviations, of a normal interval that covers with `confidence`."""
    return NormalDist().inv_cdf((1 + confidence) / 2)
