"""How far a model's probabilities can be trusted to judge labels. No estimates of noise."""

from dataclasses import dataclass

import numpy as np

from cl_core.inputs import check_inputs
from cl_core.noise.curve import predictions
from cl_core.noise.interval import wilson
from cl_core.types import FloatArray, Labels, Mask, Probs

# Fifteen equal-width bins of confidence: Guo et al. (2017), On Calibration of Modern Neural Networks.
_BINS = 15

# A model that only guesses gets through in one run of forty.
_LEVEL = 0.95

# Below it a tenth of the rows, the unit the noise rate is read in, is fewer than five labels.
_FEWEST_ROWS = 50


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
    reasons
        Why the model cannot judge these labels, a sentence part each; empty when it can.
    """

    accuracy: float
    majority: float
    calibration_error: float
    rarest_class: int
    rarest_rows: int
    reasons: tuple[str, ...] = ()

    @property
    def beats_guessing(self) -> bool:
        """Whether the model agrees with the labels more often than always naming the largest class."""
        return self.accuracy > self.majority

    @property
    def can_judge(self) -> bool:
        """Whether a noise rate may be read from this model at all."""
        return not self.reasons


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
    >>> quality.reasons[0]
    '3 rows are too few to read a noise rate from, which takes 50'
    """
    labels, pred_probs = check_inputs(labels, pred_probs)
    n = len(labels)
    predicted, margin = predictions(pred_probs)
    right = predicted == labels
    counts = np.bincount(labels, minlength=pred_probs.shape[1])
    accuracy, majority = float(right.mean()), float(counts.max() / n)
    return ModelQuality(
        accuracy=accuracy,
        majority=majority,
        calibration_error=_calibration_error(pred_probs.max(axis=1).astype(np.float64), right),
        rarest_class=int(counts.argmin()),
        rarest_rows=int(counts.min()),
        reasons=tuple(_reasons(n, accuracy, majority, margin)),
    )


def _calibration_error(confidence: FloatArray, right: Mask) -> float:
    bins = np.minimum((confidence * _BINS).astype(np.intp), _BINS - 1)
    gaps = np.bincount(bins, weights=confidence - right, minlength=_BINS)
    return float(np.abs(gaps).sum() / len(right))


def _reasons(n: int, accuracy: float, majority: float, margin: FloatArray) -> list[str]:
    reasons = []
    if n < _FEWEST_ROWS:
        reasons.append(f"{n} rows are too few to read a noise rate from, which takes {_FEWEST_ROWS}")
    if wilson(accuracy, n, _LEVEL)[0] <= majority:
        reasons.append(
            f"the model agrees with {accuracy:.1%} of the labels and always naming the largest class "
            f"with {majority:.1%}: that is no better than guessing, or too few rows to tell"
        )
    if accuracy < 1 and margin.min() == margin.max():
        reasons.append(
            f"all rows have the same margin of {margin[0]:.2g} between the two best classes, so nothing says "
            "where the model is sure"
        )
    return reasons
