"""How far a model's probabilities can be trusted to judge labels. No estimates of noise."""

from dataclasses import dataclass

import numpy as np

from cl_core.inputs import check_inputs
from cl_core.types import Labels, Probs

# Fifteen equal-width bins of confidence: Guo et al. (2017), On Calibration of Modern Neural Networks.
_BINS = 15


@dataclass(frozen=True, slots=True)
class ModelQuality:
    """Quality of out-of-sample probabilities, measured against the given labels.

    Attributes
    ----------
    accuracy
        Share of rows whose most probable class is the given label, in 0..1.
    majority
        Share of the most frequent given label, in 0..1: the accuracy of guessing.
    calibration_error
        Expected calibration error in 0..1 against the given labels.
    rarest_class, rarest_rows
        Number of the class with the fewest rows, and how many rows it has.
    """

    accuracy: float
    majority: float
    calibration_error: float
    rarest_class: int
    rarest_rows: int

    @property
    def beats_guessing(self) -> bool:
        """Whether the model agrees with the labels more often than always naming the largest class."""
        return self.accuracy > self.majority


def model_quality(labels: Labels, pred_probs: Probs) -> ModelQuality:
    """Measure probabilities against the given labels.

    Parameters
    ----------
    labels
        Given labels, shape ``(n,)``.
    pred_probs
        Out-of-sample probabilities, shape ``(n, k)``.

    Returns
    -------
    ModelQuality
        With ``n = 1`` row every share is 0 or 1; an empty input is refused.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger (2017), On Calibration of Modern Neural Networks, eq. 3.

    Examples
    --------
    >>> import numpy as np
    >>> quality = model_quality(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]]))
    >>> round(quality.accuracy, 3), round(quality.majority, 3), quality.rarest_rows
    (0.667, 0.667, 1)
    """
    labels, pred_probs = check_inputs(labels, pred_probs)
    n = len(labels)
    confidence = pred_probs.max(axis=1).astype(np.float64)
    right = pred_probs.argmax(axis=1) == labels
    bins = np.minimum((confidence * _BINS).astype(np.intp), _BINS - 1)
    gaps = np.bincount(bins, weights=confidence - right, minlength=_BINS)
    counts = np.bincount(labels, minlength=pred_probs.shape[1])
    return ModelQuality(
        accuracy=float(right.mean()),
        majority=float(counts.max() / n),
        calibration_error=float(np.abs(gaps).sum() / n),
        rarest_class=int(counts.argmin()),
        rarest_rows=int(counts.min()),
    )
