"""Forms of plugins that older releases asked for: kept working, with a word on what to do."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from inspect import Parameter, signature
from typing import Any

from cl_core.dataset import Predictions
from cl_core.hooks import NoiseEstimator, Plugin
from cl_core.noise.record import NoiseEstimate
from cl_core.types import Labels


def modernised(plugin: Plugin) -> tuple[Plugin, str]:
    """Return the plugin in today's form, and what its authors should change (empty: nothing)."""
    match plugin:
        case NoiseEstimator():
            return modern_estimator(plugin)
        case _:
            return plugin, ""


@dataclass(frozen=True, slots=True)
class FromProbabilities:
    """Calls an estimator that takes ``(labels, pred_probs, options)``, the form of 0.1."""

    estimate: Callable[..., NoiseEstimate]

    def __call__(self, labels: Labels, predictions: Predictions, options: Any, /) -> NoiseEstimate:
        """Hand over the joined probabilities; views stay unread."""
        return self.estimate(labels, predictions.pred_probs, options)


def modern_estimator(estimator: NoiseEstimator) -> tuple[NoiseEstimator, str]:
    """Let an estimator whose second parameter is called ``pred_probs`` go on getting the array.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> def estimate(labels, pred_probs, options): ...
    >>> modern, word = modern_estimator(NoiseEstimator("old", "an old one", SimpleNamespace, estimate))
    >>> type(modern.estimate).__name__, word[:27]
    ('FromProbabilities', 'rename the second parameter')
    """
    if _second_parameter(estimator.estimate) != "pred_probs":
        return estimator, ""
    return replace(estimator, estimate=FromProbabilities(estimator.estimate)), (
        "rename the second parameter to `predictions` and read `.pred_probs`; the old form ends with 0.3"
    )


def _second_parameter(function: Callable[..., Any]) -> str:
    try:
        parameters = signature(function).parameters.values()
    except (TypeError, ValueError):  # written in C, without a signature
        return ""
    named = [p.name for p in parameters if p.kind is not Parameter.VAR_KEYWORD]
    return named[1] if len(named) > 1 else ""
