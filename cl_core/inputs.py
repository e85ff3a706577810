"""The one door for labels and probabilities: what passes it can be trusted behind it. No statistics."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cl_core.errors import InputError
from cl_core.types import Labels, Probs

# Largest distance of a row's sum from 1. Half precision keeps 11 bits, so that a row of 1,000 rounded
# cells misses 1 by up to 2 %; single precision and rounding to three decimals stay well under 0.5 %.
ROW_SUM_TOLERANCE = {2: 2e-2, 4: 5e-3, 8: 5e-3}


def check_inputs(
    labels: ArrayLike, pred_probs: ArrayLike, *, classes: Sequence[Any] | None = None
) -> tuple[Labels, Probs]:
    """Check labels against probabilities and return both as arrays.

    Parameters
    ----------
    labels
        Class numbers ``0..k-1``, shape ``(n,)``; or class names when `classes` is given.
    pred_probs
        Probabilities, shape ``(n, k)`` with k of at least 2, every row summing to 1 within
        `ROW_SUM_TOLERANCE` of its precision.
    classes
        Class names in column order.

    Returns
    -------
    tuple of (int array of shape (n,), float array of shape (n, k))
        Neither is copied when it already has the right type.

    Raises
    ------
    InputError
        For anything that could turn into a silent wrong number: different lengths, no rows, fewer
        than two classes, NaN, infinite or negative cells, rows that do not sum to 1, labels that
        are not whole numbers or have no column.

    Examples
    --------
    >>> check_inputs(["a", "b"], [[0.75, 0.25], [0.5, 0.5]], classes=["a", "b"])[0]
    array([0, 1])
    """
    probs = check_pred_probs(pred_probs)
    codes = check_labels(labels, probs.shape[1], classes=classes)
    if len(codes) != len(probs):
        raise InputError(
            f"{len(codes):,} labels but {len(probs):,} rows of probabilities",
            hint="both must come from the same rows in the same order",
        )
    return codes, probs


def check_pred_probs(pred_probs: ArrayLike) -> Probs:
    """Check that `pred_probs` holds one probability distribution a row and return it as an array."""
    probs = np.asarray(pred_probs)
    if probs.dtype.kind != "f":
        raise InputError(
            f"pred_probs has type {probs.dtype}, wanted float16, float32 or float64",
            hint="pass the output of predict_proba, not class numbers or strings",
        )
    if probs.ndim != 2 or probs.shape[1] < 2:  # noqa: PLR2004 - two classes make a classification
        raise InputError(
            f"pred_probs has shape {probs.shape}, wanted (rows, classes) with two classes or more",
            hint="a binary model's single column p becomes two: 1 - p and p",
        )
    if len(probs) == 0:
        raise InputError("pred_probs has no rows", hint="an empty batch cannot be judged")
    _refuse_bad_cells(probs)
    _refuse_bad_sums(probs)
    return probs


def check_labels(labels: ArrayLike, n_classes: int, *, classes: Sequence[Any] | None = None) -> Labels:
    """Check that every label is one of `n_classes` class numbers (or names) and return the numbers."""
    given = np.asarray(labels)
    if given.ndim != 1:
        raise InputError(
            f"labels has shape {given.shape}, wanted one label a row",
            hint="several labels a row (multi-label) are not read here",
        )
    if classes is not None:
        given = _class_numbers(given, classes, n_classes)
    if given.dtype.kind == "f" and not np.all(given == np.floor(given)):
        raise InputError(
            "labels holds fractions or NaN, wanted class numbers 0..k-1",
            hint="drop or label the rows without a label first",
        )
    if given.dtype.kind not in "iuf":
        raise InputError(
            f"labels has type {given.dtype}, wanted class numbers",
            hint="pass the names with classes=[...] in column order",
        )
    codes = given.astype(np.intp, copy=False)
    if len(codes) and codes.min() < 0:
        raise InputError(
            f"label {codes.min()} is negative", hint="class numbers start at 0; -1 for 'no label' is not read"
        )
    if len(codes) and codes.max() >= n_classes:
        raise InputError(
            f"label {codes.max()} has no column in pred_probs, which has {n_classes}",
            hint="encode labels as 0..k-1 in the column order of the model's classes_",
        )
    return codes


def _class_numbers(given: Any, classes: Sequence[Any], n_classes: int) -> Any:
    if len(classes) != n_classes or len(set(classes)) != n_classes:
        raise InputError(
            f"{len(classes)} class names ({len(set(classes))} different) for {n_classes} columns",
            hint="give one name a column, in column order",
        )
    number = {name: i for i, name in enumerate(classes)}
    unknown = [name for name in dict.fromkeys(given.tolist()) if name not in number]
    if unknown:
        raise InputError(
            f"label {unknown[0]!r} is not one of the {n_classes} classes",
            hint=f"known: {', '.join(map(repr, classes[:10]))}",
        )
    return np.array([number[name] for name in given.tolist()], dtype=np.intp)


def _refuse_bad_cells(probs: Probs) -> None:
    smallest, largest = probs.min(), probs.max()  # NaN shows in both
    if np.isfinite(smallest) and np.isfinite(largest) and smallest >= 0:
        return
    for what, bad in (("NaN", np.isnan(probs)), ("infinite", np.isinf(probs)), ("negative", probs < 0)):
        if bad.any():
            row, column = np.argwhere(bad)[0]
            raise InputError(
                f"pred_probs has {int(bad.sum()):,} {what} cells, the first in row {row}, column {column}",
                hint="a row without probabilities cannot be judged: mend the model or drop the row",
            )


def _refuse_bad_sums(probs: Probs) -> None:
    off = np.abs(probs.sum(axis=1, dtype=np.float64) - 1.0)
    tolerance = ROW_SUM_TOLERANCE[min(probs.dtype.itemsize, 8)]
    if off.max() > tolerance:
        worst = int(off.argmax())
        raise InputError(
            f"{int((off > tolerance).sum()):,} rows of pred_probs do not sum to 1 within {tolerance:g}; "
            f"row {worst} sums to {float(probs[worst].sum(dtype=np.float64)):.4g}",
            hint="pass probabilities, not logits or scores: apply a softmax, or divide each row by its sum",
        )
