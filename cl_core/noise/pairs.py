"""From a total noise rate and a shape to the joint of given and true label. No estimating of the total."""

import numpy as np

from cl_core.types import FloatArray

_HALVINGS = 60  # of an interval of scale factors: down to the last bits of a double


def scale_joint(shape: FloatArray, given: FloatArray, rate: float) -> FloatArray:
    """Spread `rate` over the pairs of classes in the proportions of `shape`.

    Parameters
    ----------
    shape
        Non-negative, shape ``(k, k)``, rows = given label, columns = true label: where label errors lie.
        Its diagonal is not used.
    given
        Share of rows with each given label, shape ``(k,)``, sums to 1.
    rate
        Share of wrong labels, in 0..1.

    Returns
    -------
    float array, shape (k, k)
        Row i sums to ``given[i]`` and no row loses more than it has. One minus the trace is `rate`,
        where the shape has room for it: a shape without errors keeps every label.
    """
    errors = shape * (1 - np.eye(len(shape)))
    rows = errors.sum(axis=1)
    low, high = 0.0, 1.0
    while _moved(rows, given, high) < rate and high < 2.0**_HALVINGS:
        high *= 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _moved(rows, given, middle) < rate else (low, middle)
    share = np.minimum(given, rows * high) / np.where(rows > 0, rows, 1.0)
    joint = errors * share[:, None]
    joint[np.diag_indices_from(joint)] = np.maximum(given - joint.sum(axis=1), 0.0)
    return np.asarray(joint)


def _moved(rows: FloatArray, given: FloatArray, scale: float) -> float:
    return float(np.minimum(given, rows * scale).sum())
