"""Confident learning: from labels and probabilities to the joint of given and true label. No filters."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cl_core.engine.confident import Collisions
from cl_core.engine.plan import Plan
from cl_core.reading import read
from cl_core.types import Counts, FloatArray, Indices


@dataclass(frozen=True, slots=True, eq=False)
class Latent:
    """What the joint says about labels that nobody has seen.

    Attributes
    ----------
    joint
        Estimated joint of given and true label, shape ``(k, k)``, rows = given, sums to 1.
    prior
        Distribution of the true label, shape ``(k,)``.
    noise
        ``P(given | true)``, shape ``(k, k)``, ``[given, true]``, columns sum to 1.
    inverse_noise
        ``P(true | given)``, shape ``(k, k)``, ``[true, given]``, columns sum to 1.
    """

    joint: FloatArray
    prior: FloatArray
    noise: FloatArray
    inverse_noise: FloatArray


def confident_thresholds(labels: ArrayLike, pred_probs: Any, *, plan: Plan | None = None) -> FloatArray:
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
    return read(labels, pred_probs, plan=plan).thresholds


def confident_joint(
    labels: ArrayLike,
    pred_probs: Any,
    *,
    calibrate: bool = True,
    collisions: Collisions = "largest",
    plan: Plan | None = None,
) -> Counts:
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
    collisions
        Which class a row counts for that is confident in several: ``"largest"`` probability, as in the
        paper, or largest ``"excess"`` over the threshold, which is not moved by a constant error in all
        probabilities of a class; ``"most_probable"`` is what the paper's published code does: the most
        probable class, even one the row is not confident in.
    plan
        Number of threads and size of blocks; no choice changes a bit of the result.

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
    reading = read(labels, pred_probs, plan=plan, collisions=collisions)
    return calibrate_joint(reading.counts, reading.per_label) if calibrate else reading.counts


def estimate_joint(labels: ArrayLike, pred_probs: Any, *, plan: Plan | None = None) -> FloatArray:
    """Estimate the joint distribution of given and true label.

    Parameters
    ----------
    labels
        Given labels, shape ``(n,)``, values in ``0..k-1``.
    pred_probs
        Out-of-sample probabilities, shape ``(n, k)``.
    plan
        Number of threads and size of blocks.

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
    counts = confident_joint(labels, pred_probs, plan=plan)
    return np.asarray(counts / counts.sum())


def estimate_latent(labels: ArrayLike, pred_probs: Any, *, plan: Plan | None = None) -> Latent:
    """Estimate the joint and everything that follows from it: prior and both noise matrices.

    Parameters
    ----------
    labels
        Given labels, shape ``(n,)``, values in ``0..k-1``.
    pred_probs
        Out-of-sample probabilities, shape ``(n, k)``.
    plan
        Number of threads and size of blocks.

    Returns
    -------
    Latent
        The four agree with each other: ``joint == noise * prior``, and so for the inverse.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), Confident Learning, JAIR 70, section 3.1.

    Examples
    --------
    >>> latent = estimate_latent([0, 0, 0, 1], [[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8]])
    >>> latent.prior, latent.noise[1, 0]
    (array([0.5, 0.5]), np.float64(0.0))
    """
    joint = estimate_joint(labels, pred_probs, plan=plan)
    return Latent(joint, class_prior(joint), noise_matrix(joint), inverse_noise_matrix(joint))


def off_diagonal_rows(
    labels: ArrayLike, pred_probs: Any, *, collisions: Collisions = "largest", plan: Plan | None = None
) -> Indices:
    """Rows counted off the diagonal of the confident joint, in ascending order.

    Parameters
    ----------
    labels
        Given labels, shape ``(n,)``, values in ``0..k-1``.
    pred_probs
        Out-of-sample probabilities, shape ``(n, k)``.
    collisions
        How rows that are confident in several classes are counted, see `confident_joint`.
    plan
        Number of threads and size of blocks.

    Returns
    -------
    int array, shape (m,)
        Rows the model is confident are of another class than their label; m is 0 when there are none.

    Examples
    --------
    >>> off_diagonal_rows([0, 0, 0, 1], [[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8]])
    array([2])
    """
    reading = read(labels, pred_probs, plan=plan, collisions=collisions)
    return np.flatnonzero((reading.confident < reading.k) & (reading.confident != reading.labels))


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


def calibrate_joint(counts: Counts, per_label: NDArray[np.int64]) -> Counts:
    """Scale row i of the counts to sum to ``per_label[i]``, in whole rows.

    Parameters
    ----------
    counts
        Confident joint as counted, shape ``(k, k)``, rows = given, columns = true.
    per_label
        Number of rows of each given label, shape ``(k,)``.

    Returns
    -------
    int array, shape (k, k)
        What rounding leaves over goes to the largest remainders; equal ones to the diagonal first, then
        to the lower class. A row of counts that is empty keeps all its rows on the diagonal.

    Examples
    --------
    >>> calibrate_joint(np.array([[2, 1], [0, 0]]), np.array([4, 5]))
    array([[3, 1],
           [0, 5]])
    """
    filled = counts.copy()
    empty = counts.sum(axis=1) == 0
    filled[empty, empty] = 1
    given, true = np.nonzero(filled)
    # Whole numbers throughout: no rounding can make two equal remainders differ.
    share, remainder = np.divmod(filled[given, true] * per_label[given], filled.sum(axis=1)[given])
    order = np.lexsort((true, given != true, -remainder, given))
    left = per_label - np.bincount(given, weights=share, minlength=len(counts)).astype(np.int64)
    starts = np.searchsorted(given, np.arange(len(counts)))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    share += place - starts[given] < left[given]
    filled[given, true] = share
    return filled


def _columns_to_one(joint: FloatArray) -> FloatArray:
    totals = joint.sum(axis=0, keepdims=True)
    return np.where(totals > 0, joint / np.where(totals > 0, totals, 1.0), np.eye(len(joint)))
