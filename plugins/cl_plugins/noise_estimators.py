"""Noise estimators that come with labelgate: the statistics are cl_core's, this is their door.

"views" is missing here: it takes several models' probabilities, and the contract hands over one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from cl_core.hooks import NoiseEstimator
from cl_core.noise.estimate import estimate_noise_rate
from cl_core.noise.record import NoiseEstimate
from cl_core.types import Labels, Probs

_SUMMARIES = {
    "auto": "reads contradictions from the surest rows down; its interval covers bias (docs/noise_rate.md)",
    "anchors": "share of contradictions where the model is surest (Patrini et al. 2017)",
    "confident_joint": "one minus the trace of the calibrated confident joint (Northcutt et al. 2021)",
}


class EstimatorOptions(BaseModel):
    """Options of every built-in estimator."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    confidence: float = Field(0.9, gt=0, lt=1, description="nominal coverage of the interval, 0 to 1")


@dataclass(frozen=True, slots=True)
class _ByMethod:
    """Calls `estimate_noise_rate` with one method; a record rather than a closure, so that it pickles."""

    method: str

    def __call__(self, labels: Labels, pred_probs: Probs, options: EstimatorOptions, /) -> NoiseEstimate:
        return estimate_noise_rate(labels, pred_probs, method=self.method, confidence=options.confidence)


def noise_estimators() -> Iterator[NoiseEstimator]:
    """Every method of cl_core that reads one model."""
    for name, summary in _SUMMARIES.items():
        yield NoiseEstimator(name, summary, EstimatorOptions, _ByMethod(name))
