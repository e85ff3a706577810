"""The answer to "how many labels are wrong?". No estimating."""

import math
from dataclasses import dataclass

import numpy as np

from cl_core.errors import GateError
from cl_core.types import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class NoiseEstimate:
    """An estimated noise rate with its interval.

    Attributes
    ----------
    rate, low, high
        Share of wrong labels in 0..1 and the interval around it, ``low <= rate <= high``.
    confidence
        Nominal coverage of the interval, in 0..1.
    method
        Name of the estimator.
    n_rows
        Number of labels the estimate is about.
    joint
        Estimated joint of given and true label, shape ``(k, k)``, rows = given, columns = true,
        sums to 1; None for a method that estimates the total only.
    identified
        Whether the data pin the rate down; when False, `reason` says why not.
    reason
        Empty, or why the rate is not identified.
    others
        What other methods said about the same data, as ``(method, rate)``.
    notes
        What people should look at before they trust the rate, a sentence each.
    """

    rate: float
    low: float
    high: float
    confidence: float
    method: str
    n_rows: int
    joint: FloatArray | None = None
    identified: bool = True
    reason: str = ""
    others: tuple[tuple[str, float], ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        values = (self.rate, self.low, self.high)
        if not all(math.isfinite(v) for v in values) or not 0 <= self.low <= self.rate <= self.high <= 1:
            raise GateError(
                f"estimator {self.method!r} gave rate {self.rate}, interval {self.low} to {self.high}; "
                "wanted 0 <= low <= rate <= high <= 1",
                hint="this is a fault of the estimator; choose another with estimate.method",
            )

    @property
    def spread(self) -> float:
        """Largest less smallest rate among this and the other methods, in 0..1; 0 without others."""
        rates = [self.rate, *(rate for _, rate in self.others)]
        return max(rates) - min(rates)

    @property
    def per_class(self) -> FloatArray | None:
        """Share of wrong labels among those of each given class, shape ``(k,)``; NaN for a class without.

        None for a method that estimates the total only.
        """
        if self.joint is None:
            return None
        given = self.joint.sum(axis=1)
        share = 1 - self.joint.diagonal() / np.where(given > 0, given, 1.0)
        return np.where(given > 0, np.clip(share, 0.0, 1.0), np.nan)
