"""Noise estimators that come with labelgate: the statistics are cl_core's, this is their door."""

from pydantic import BaseModel, ConfigDict, Field

from cl_core.hooks import NoiseEstimator
from cl_core.noise.estimate import estimate_noise_rate
from cl_core.noise.record import NoiseEstimate
from cl_core.types import Labels, Probs


class EstimatorOptions(BaseModel):
    """Options of every built-in estimator."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    confidence: float = Field(0.95, gt=0, lt=1, description="nominal coverage of the interval, 0 to 1")


def _confident_joint(labels: Labels, pred_probs: Probs, options: EstimatorOptions, /) -> NoiseEstimate:
    return estimate_noise_rate(labels, pred_probs, method="confident_joint", confidence=options.confidence)


CONFIDENT_JOINT = NoiseEstimator(
    "confident_joint",
    "one minus the trace of the calibrated confident joint (Northcutt et al. 2021)",
    EstimatorOptions,
    _confident_joint,
)
