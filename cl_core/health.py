"""How healthy each class and each pair of classes is: one definition of every count. No rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cl_core.engine.plan import Plan
from cl_core.joint import calibrate_joint
from cl_core.reading import read
from cl_core.types import Counts


@dataclass(frozen=True, slots=True, eq=False)
class Health:
    """What the calibrated joint says of a data set; every number is a count of its cells or a ratio of them.

    Attributes
    ----------
    n_rows
        Number of rows.
    n_wrong
        Rows off the diagonal of the calibrated joint: the estimated number of wrong labels.
    score
        Share of rows on the diagonal, in 0..1: ``1 - n_wrong / n_rows``.
    classes
        A row a class, worst first: ``label, rows, wrong`` (labelled so but of another class), ``missed``
        (of this class but labelled otherwise), ``label_noise`` and ``inverse_noise`` (their shares; NaN
        for a class without rows), ``quality`` (``1 - label_noise``).
    overlaps
        A row a pair of classes with a count, most first: ``first, second, rows`` in either direction,
        ``first_as_second, second_as_first`` (truly the one, labelled as the other), ``share`` of all rows.
    """

    n_rows: int
    n_wrong: int
    score: float
    classes: pd.DataFrame
    overlaps: pd.DataFrame


def dataset_health(
    labels: ArrayLike,
    pred_probs: Any,
    *,
    classes: list[str] | tuple[str, ...] | None = None,
    plan: Plan | None = None,
) -> Health:
    """Rank classes by label quality and pairs of classes by how much they overlap.

    Parameters
    ----------
    labels
        Given labels, shape ``(n,)``, values in ``0..k-1``.
    pred_probs
        Out-of-sample probabilities, shape ``(n, k)``, or any source `find_label_issues` takes.
    classes
        Class names in column order; "0", "1", ... when left out.
    plan
        Number of threads and size of blocks.

    Returns
    -------
    Health
        Equal counts keep the order of the classes.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), Confident Learning, JAIR 70, section 5.3: ontological issues read
    from the joint.

    Examples
    --------
    >>> probs = [[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8]]
    >>> health = dataset_health([0, 0, 0, 1], probs, classes=["cat", "dog"])
    >>> health.n_wrong, health.score
    (1, 0.75)
    >>> health.overlaps
      first second  rows  first_as_second  second_as_first  share
    0   cat    dog     1                0                1   0.25
    """
    reading = read(labels, pred_probs, plan=plan)
    names = list(classes) if classes is not None else [str(i) for i in range(reading.k)]
    return health_of(calibrate_joint(reading.counts, reading.per_label), names)


def health_of(joint: Counts, names: list[str]) -> Health:
    """Health from a calibrated joint, shape (k, k), rows = given."""
    n, wrong = int(joint.sum()), int(joint.sum() - joint.trace())
    return Health(n, wrong, 1 - wrong / n, _ranked(joint, names), _overlaps(joint, names))


def _ranked(joint: Counts, names: list[str]) -> pd.DataFrame:
    right, given, true = joint.diagonal(), joint.sum(axis=1), joint.sum(axis=0)
    with np.errstate(invalid="ignore"):
        noise, inverse = 1 - right / given, 1 - right / true
    columns = {
        "label": names,
        "rows": given,
        "wrong": given - right,
        "missed": true - right,
        "label_noise": noise,
        "inverse_noise": inverse,
        "quality": 1 - noise,
    }
    order = np.lexsort((np.arange(len(names)), -(given - right), np.nan_to_num(1 - noise, nan=2.0)))
    return pd.DataFrame(columns).iloc[order].reset_index(drop=True)


def _overlaps(joint: Counts, names: list[str]) -> pd.DataFrame:
    both = joint + joint.T
    first, second = np.nonzero(np.triu(both, 1))
    rows = both[first, second]
    order = np.argsort(-rows, kind="stable")
    first, second, rows = first[order], second[order], rows[order]
    named = np.asarray(names, dtype=object)
    columns = {
        "first": named[first],
        "second": named[second],
        "rows": rows,
        "first_as_second": joint[second, first],
        "second_as_first": joint[first, second],
        "share": rows / joint.sum(),
    }
    return pd.DataFrame(columns)
