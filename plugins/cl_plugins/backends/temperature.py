"""One number that makes a model's probabilities as sure as it is right: temperature. Fits no model.

Why, and for which models: docs/adr/0002-tabular.md.
"""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp, softmax

from cl_core.types import FloatArray, Indices, Labels

# As if one tree more had voted for every class alike: a class that none of 100 trees named is not impossible.
_UNIFORM = 0.01
# Many rows say no more about one number, and cost k logarithms each.
_ROWS_TO_FIT = 2_000
_WIDEST = np.log(20.0)


def tempered(
    pred_probs: FloatArray, labels: Labels, held_out: list[Indices], *, seed: int
) -> tuple[FloatArray, list[float]]:
    """Raise probabilities to a power, each fold's fitted on the other folds' rows; and return the powers.

    Parameters
    ----------
    pred_probs, labels
        Out-of-sample probabilities, shape (n, k), and the given labels, shape (n,). A column of zeros,
        for a class that labels no row, stays one.
    held_out
        The rows of each fold; together all rows. One fold alone is left as it is.
    seed
        Of the draw of rows that the power is fitted on.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger (2017), On Calibration of Modern Neural Networks, ICML: one parameter,
    fitted by the likelihood of labels the model has not seen. The order of the classes in a row stays.
    """
    if len(held_out) < 2:  # noqa: PLR2004 - nothing else to fit on
        return pred_probs, []
    out, powers, rng = np.array(pred_probs), [], np.random.default_rng(seed)
    known = np.bincount(labels, minlength=pred_probs.shape[1]) > 0
    for rows in held_out:
        others = np.setdiff1d(np.arange(len(labels)), rows)
        some = np.sort(rng.choice(others, min(_ROWS_TO_FIT, len(others)), replace=False))
        powers.append(_power(_logs(pred_probs[some][:, known]), (np.cumsum(known) - 1)[labels[some]]))
        out[np.ix_(rows, known)] = softmax(powers[-1] * _logs(pred_probs[rows][:, known]), axis=1)
    return out, powers


def _logs(pred_probs: FloatArray) -> FloatArray:
    logs: FloatArray = np.log((1 - _UNIFORM) * pred_probs + _UNIFORM / pred_probs.shape[1])
    return logs


def _power(logs: FloatArray, labels: Labels) -> float:
    """Return the power under which the labels are most probable."""
    given = logs[np.arange(len(labels)), labels].mean()

    def loss(log_power: float) -> float:
        power = np.exp(log_power)
        return float(logsumexp(power * logs, axis=1).mean() - power * given)

    found = minimize_scalar(loss, bounds=(-_WIDEST, _WIDEST), method="bounded", options={"xatol": 1e-3})
    return float(np.exp(found.x))
