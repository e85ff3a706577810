"""The one door for labels and probabilities: what passes it can be trusted behind it. No statistics."""

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike

from cl_core.engine.plan import Plan, Scratch, sweep
from cl_core.engine.rows import RowFacts
from cl_core.engine.source import Source, refuse_masked
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
    from cl_core.reading import read

    refuse_masked(pred_probs, "pred_probs")
    probs = np.asarray(pred_probs)
    reading = read(labels, probs, classes=classes)
    reading.facts  # noqa: B018 - the first sweep checks every cell
    return reading.labels, probs


def check_pred_probs(pred_probs: ArrayLike) -> Probs:
    """Check that `pred_probs` holds one probability distribution a row and return it as an array."""
    refuse_masked(pred_probs, "pred_probs")
    probs = np.asarray(pred_probs)
    return check_inputs(np.zeros(len(probs) if probs.ndim else 0, dtype=np.intp), probs)[1]


def check_labels(labels: ArrayLike, n_classes: int, *, classes: Sequence[Any] | None = None) -> Labels:
    """Check that every label is one of `n_classes` class numbers (or names) and return the numbers."""
    refuse_masked(labels, "labels")
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
            hint="number the classes in column order from 0; `assess` also takes names, with classes=[...]",
        )
    _refuse_outside(given, n_classes)
    return given.astype(np.intp, copy=False)


def _refuse_outside(given: Any, n_classes: int) -> None:
    if not len(given):
        return
    if given.min() < 0:
        raise InputError(
            f"label {given.min()} is negative", hint="class numbers start at 0; -1 for 'no label' is not read"
        )
    if given.max() >= n_classes:
        raise InputError(
            f"label {given.max()} has no column in pred_probs, which has {n_classes}",
            hint="encode labels as 0..k-1 in the column order of the model's classes_",
        )


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


def refuse_bad(source: Source, facts: RowFacts, plan: Plan, tolerance: float) -> None:
    """Raise for the cells and row sums that the first sweep found wanting, with their number and place."""
    if not facts.bad_blocks:
        return

    def work(start: int, block: Probs, _scratch: Scratch) -> list[tuple[int, int, int, float]]:
        # Cells of one kind: how many, the first row, its column, the sum of that row.
        wide = block.astype(np.float64)
        with np.errstate(invalid="ignore"):
            sums = wide.sum(axis=1)
        faults = (np.isnan(wide), np.isinf(wide), wide < 0, np.abs(sums - 1)[:, None] > tolerance)
        return [_first(fault, start, sums) for fault in faults]

    found = sweep(source, plan, work)
    for kind, name in enumerate(("NaN", "infinite", "negative")):
        count, (_, row, column, _) = _total(found, kind)
        if count:
            raise InputError(
                f"pred_probs has {count:,} {name} cells, the first in row {row}, column {column}",
                hint="a row without probabilities cannot be judged: mend the model or drop the row",
            )
    _refuse_sums(*_total(found, 3), tolerance=tolerance)


def _refuse_sums(count: int, first: tuple[int, int, int, float], *, tolerance: float) -> NoReturn:
    raise InputError(
        f"{count:,} rows of pred_probs do not sum to 1 within {tolerance:g}; "
        f"row {first[1]} sums to {first[3]:.4g}",
        hint="pass probabilities, not logits or scores: apply a softmax, or divide each row by its sum",
    )


def _first(fault: Any, start: int, sums: Any) -> tuple[int, int, int, float]:
    at = np.argwhere(fault)
    if not len(at):
        return 0, 0, 0, 0.0
    row, column = at[0].tolist()
    return len(at), start + row, column, float(sums[row])


def _total(
    found: list[list[tuple[int, int, int, float]]], kind: int
) -> tuple[int, tuple[int, int, int, float]]:
    some = [block[kind] for block in found if block[kind][0]]
    return sum(count for count, *_ in some), (some[0] if some else (0, 0, 0, 0.0))
