"""The noise rate from labels and probabilities, by a named method. No human audit."""

from collections.abc import Callable, Sequence

from numpy.typing import ArrayLike

from cl_core.errors import ConfigError
from cl_core.inputs import check_inputs
from cl_core.noise.anchors import by_anchors
from cl_core.noise.auto import by_auto
from cl_core.noise.confident_joint import by_confident_joint
from cl_core.noise.record import NoiseEstimate
from cl_core.noise.views import by_views, check_views
from cl_core.types import Labels, Probs

_FROM_ONE_MODEL: dict[str, Callable[[Labels, Probs, float], NoiseEstimate]] = {
    "anchors": by_anchors,
    "confident_joint": by_confident_joint,
}
_FROM_SEVERAL: dict[str, Callable[[Labels, Sequence[Probs], float], NoiseEstimate]] = {
    "auto": by_auto,
    "views": by_views,
}
METHODS = ("auto", "anchors", "confident_joint", "views")


def estimate_noise_rate(
    labels: ArrayLike,
    pred_probs: ArrayLike,
    *,
    method: str = "auto",
    views: Sequence[Probs] | None = None,
    confidence: float = 0.9,
) -> NoiseEstimate:
    """Estimate the share of wrong labels.

    Parameters
    ----------
    labels
        Given labels, shape ``(n,)``, values in ``0..k-1``.
    pred_probs
        Out-of-sample probabilities, shape ``(n, k)``.
    method
        ``"auto"``: reads how contradictions grow from the model's surest rows to its least sure, and
        votes among models when there are `views`; its interval covers bias and sampling.
        ``"anchors"``: contradictions where the model is surest.
        ``"confident_joint"``: one minus the trace of the calibrated confident joint.
        ``"views"``: Dawid and Skene's consensus of the given label and two models or more.
        The intervals of the last three cover sampling only.
    views
        Other models' probabilities of the same rows, each ``(n, k)``; read by "auto" and "views".
    confidence
        Nominal coverage of the interval, in 0..1, both ends excluded.

    Returns
    -------
    NoiseEstimate
        A perfect model on perfect labels gives a rate of 0. With a model that cannot judge, "auto"
        gives the interval 0 to 1, ``identified=False`` and the reason.

    Raises
    ------
    ConfigError
        For an unknown method, views given to a method that reads one model, or a confidence outside
        0..1.
    InputError
        For labels or probabilities that cannot be right, see `check_inputs`.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), Confident Learning, JAIR 70, section 3.1 ("confident_joint").
    Patrini et al. (2017), Making Deep Neural Networks Robust to Label Noise, CVPR ("anchors").
    Dawid and Skene (1979), Applied Statistics 28 ("views").

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> true = rng.integers(0, 3, 2000)
    >>> probs = 0.15 * rng.dirichlet([1, 1, 1], 2000) + 0.85 * np.eye(3)[true]
    >>> given = np.where(rng.random(2000) < 0.1, (true + 1) % 3, true)
    >>> found = estimate_noise_rate(given, probs)
    >>> found.low < 0.1 < found.high, found.identified
    (True, True)
    """
    labels, pred_probs = check_inputs(labels, pred_probs)
    if not 0 < confidence < 1:
        raise ConfigError(
            f"confidence is {confidence}, wanted more than 0 and less than 1",
            hint="0.9 asks for an interval that holds the true rate nine times in ten",
        )
    if method in _FROM_ONE_MODEL:
        if views:
            raise ConfigError(
                f"method {method!r} reads one model but got {len(views)} views",
                hint="use method 'auto' or 'views', or leave the views out",
            )
        return _FROM_ONE_MODEL[method](labels, pred_probs, confidence)
    if method not in _FROM_SEVERAL:
        raise ConfigError(f"no noise estimator {method!r}", hint=f"known methods: {', '.join(METHODS)}")
    return _FROM_SEVERAL[method](labels, check_views(pred_probs, views or ()), confidence)
