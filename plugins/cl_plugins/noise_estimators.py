"""Noise estimators that come with labelgate: the statistics are cl_core's, this is their door."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from cl_core.dataset import Predictions
from cl_core.errors import ConfigError
from cl_core.hooks import NoiseEstimator
from cl_core.noise.estimate import estimate_noise_rate
from cl_core.noise.record import NoiseEstimate
from cl_core.types import Labels, Probs

_SUMMARIES = {
    "auto": "reads contradictions from the surest rows down; its interval covers bias (docs/noise_rate.md)",
    "anchors": "share of contradictions where the model is surest (Patrini et al. 2017)",
    "confident_joint": "one minus the trace of the calibrated confident joint (Northcutt et al. 2021)",
    "views": "consensus of the given label and two models or more (Dawid and Skene 1979)",
}
_FROM_SEVERAL = ("auto", "views")


class EstimatorOptions(BaseModel):
    """Options of every built-in estimator."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    confidence: float = Field(0.9, gt=0, lt=1, description="nominal coverage of the interval, 0 to 1")


@dataclass(frozen=True, slots=True)
class _ByMethod:
    """Calls `estimate_noise_rate` with one method; a record rather than a closure, so that it pickles."""

    method: str

    def __call__(
        self, labels: Labels, predictions: Predictions, options: EstimatorOptions, /
    ) -> NoiseEstimate:
        models = _models(labels, predictions) if self.method in _FROM_SEVERAL else [predictions.pred_probs]
        if self.method == "views" and len(models) == 1:
            raise ConfigError(
                f"method 'views' got one model: {predictions.model}",
                hint="ask two models or more with model: {backend: ensemble, members: [...]}",
            )
        first, *others = models
        return estimate_noise_rate(
            labels, first, method=self.method, views=others or None, confidence=options.confidence
        )


def _models(labels: Labels, predictions: Predictions) -> list[Probs]:
    """Return each model's probabilities, the one that agrees with most labels first.

    Their average is left out: a vote for what its members already said would count them twice.
    """
    models = [view.pred_probs for view in predictions.views] or [predictions.pred_probs]
    return sorted(models, key=lambda probs: -np.mean(probs.argmax(axis=1) == labels))


def noise_estimators() -> Iterator[NoiseEstimator]:
    """Every method of cl_core."""
    for name, summary in _SUMMARIES.items():
        yield NoiseEstimator(name, summary, EstimatorOptions, _ByMethod(name))
