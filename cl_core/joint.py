"""Confident learning: from labels and probabilities to the joint of given and true label. No filters."""

import numpy as np
from numpy.typing import ArrayLike

from cl_core.reading import read
from cl_core.types import Counts, FloatArray


def confident_thresholds(labels: ArrayLike, pred_probs: ArrayLike) -> FloatArray:
    """Mean probability that the model gives a class on the rows labelled with it.

    Parameters
    ----------
    labels
        Given labels, shape ``(n,)``, values in ``0..k-1``.
    pred_probs
        Out-of-sample probabilities, shape ``(n, k)``.

    Returns
    -------
    float array, shape (k,)
        ``t[j]`` in 0..1. NaN for a class that labels no row, so that no row is ever confident in it.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), Confident Learning, JAIR 70, eq. 2.

    Examples
    --------
    >>> confident_thresholds([0, 0, 1], [[0.75, 0.25], [0.25, 0.75], [0.5, 0.5]])
    array([0.5, 0.5])
    """
    return read(labels, pred_probs).thresholds


def confident_joint(labels: ArrayLike, pred_probs: ArrayLike, *, calibrate: bool = True) -> Counts:
    """Count rows by given label and by the class the model is confident they are.

    A row counts for the class of largest probability among those whose probability reaches their
    threshold, and for none when there is no such class.

    Parameters
    ----------
    labels
        Given labels, shape ``(n,)``, values in ``0..k-1``.
    pred_probs
        Out-of-sample probabilities, shape ``(n, k)``.
    calibrate
        Whether to scale each row of the counts to the number of rows with that given label.

    Returns
    -------
    int array, shape (k, k)
        Rows are given labels, columns are true labels. Calibrated, row i sums to the number of
        labels i, exactly; a given label without any confident row keeps all its rows on the
        diagonal, for there is no evidence against them.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), Confident Learning, JAIR 70, eq. 1 (counts), eq. 3 (calibration).

    Examples
    --------
    >>> confident_joint([0, 0, 1], [[0.9, 0.1], [0.2, 0.8], [0.1, 0.9]], calibrate=False)
    array([[1, 0],
           [0, 1]])
    """
    reading = read(labels, pred_probs)
    return calibrate_joint(reading.counts, reading.per_label) if calibrate else reading.counts


def estimate_joint(labels: ArrayLike, pred_probs: ArrayLike) -> FloatArray:
    """Estimate the joint distribution of given and true label.

    Returns
    -------
    float array, shape (k, k)
        Rows are given labels, columns are true labels; sums to 1. One minus its trace is the
        confident-learning estimate of the noise rate.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), Confident Learning, JAIR 70, eq. 3.

    Examples
    --------
    >>> estimate_joint([0, 0, 1, 1], [[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9]])
    array([[0.5, 0. ],
           [0. , 0.5]])
    """
    counts = confident_joint(labels, pred_probs)
    return np.asarray(counts / counts.sum())


def class_prior(joint: FloatArray) -> FloatArray:
    """Distribution of the true label, shape (k,), sums to 1: the columns of the joint summed."""
    return np.asarray(joint.sum(axis=0))


def noise_matrix(joint: FloatArray) -> FloatArray:
    """Probability of the given label when the true label is known, shape (k, k).

    Returns
    -------
    float array, shape (k, k)
        ``m[given, true]``; each column sums to 1. A true label of probability 0 gets a column of
        the identity: nothing is known against it.
    """
    return _columns_to_one(joint)


def inverse_noise_matrix(joint: FloatArray) -> FloatArray:
    """Probability of the true label when the given label is known, shape (k, k).

    Returns
    -------
    float array, shape (k, k)
        ``m[true, given]``; each column sums to 1. A given label of probability 0 gets a column of
        the identity.
    """
    return _columns_to_one(joint.T)


def calibrate_joint(counts: Counts, per_label: Counts) -> Counts:
    """Scale row i to ``per_label[i]`` and round so that every row keeps its sum."""
    filled = counts.copy()
    empty = counts.sum(axis=1) == 0
    filled[empty, empty] = 1
    exact = filled / filled.sum(axis=1, keepdims=True) * per_label[:, None]
    floor = np.floor(exact).astype(np.int64)
    left = per_label - floor.sum(axis=1)
    # Largest remainders first; equal remainders go to the diagonal first, then to the lower class.
    remainder = exact - floor + 1e-9 * np.eye(len(counts))
    order = np.argsort(-remainder, axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    return np.asarray(floor + (rank < left[:, None]))


def _columns_to_one(joint: FloatArray) -> FloatArray:
    totals = joint.sum(axis=0, keepdims=True)
    return np.where(totals > 0, joint / np.where(totals > 0, totals, 1.0), np.eye(len(joint)))
