"""From what an existing model answers to probabilities in the data set's order, with notes on every guess."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from cl_core.dataset import Dataset
from cl_core.errors import ConfigError, InputError
from cl_core.inputs import check_pred_probs
from cl_core.types import FloatArray
from cl_plugins.backends.model_options import Activation, FixedModelOptions

_SUM_TOLERANCE = 5e-3  # what cl_core.inputs grants single precision
_LISTED = 10


def sample_note(out_of_sample: bool | None) -> str:  # noqa: FBT001 - three answers to one question
    """Say what follows where probabilities are in-sample, or where nobody knows."""
    if out_of_sample is False:
        return "these probabilities are in-sample: the model saw the labels it judges and hides their errors"
    return (
        "nobody can check that these probabilities are out of sample; a model that saw a label hides its "
        "error (say so with out_of_sample: true where you know)"
    )


def read_answer(
    scores: NDArray[Any],
    names: Sequence[str] | None,
    dataset: Dataset,
    options: FixedModelOptions,
    model: str,
) -> tuple[FloatArray, list[str]]:
    """Return probabilities, shape (n, k), columns in the data set's order, and what was guessed.

    Parameters
    ----------
    scores
        What the model answered: one row a row, one column a class; or one number a row for two classes, for
        the second of them.
    names
        The model's own names of its columns, where it has any.
    dataset, options, model
        The rows, what people said about the model, and its name for errors.

    Raises
    ------
    InputError
        For another number of rows or classes, other class names, NaN, and numbers that are no
        probabilities.
    """
    table = np.asarray(scores)
    if table.dtype.kind not in "fiub":
        raise InputError(
            f"{model} answered {table.dtype}, wanted numbers", hint="name the output with probabilities"
        )
    table = table.astype(np.float64 if table.dtype.kind != "f" else max(table.dtype, np.dtype(np.float32)))
    if table.ndim == 1:
        table = table[:, None]
    if table.ndim != 2 or len(table) != dataset.n_rows:  # noqa: PLR2004 - rows by classes
        raise InputError(
            f"{model} answered with shape {table.shape} for {dataset.n_rows:,} rows of "
            f"{dataset.n_classes} classes",
            hint="take a classifier that gives one row of numbers for each row",
        )
    _refuse_no_numbers(table, model)
    order, notes = _order(names, table.shape[1], dataset, options, model)
    probs, guess = _activated(table, options.activation, model)
    probs = probs / probs.sum(axis=1, keepdims=True)
    check_pred_probs(probs)
    said = [sample_note(options.out_of_sample)] if options.out_of_sample is not True else []
    return probs[:, order], [*notes, *guess, *said]


def _refuse_no_numbers(table: FloatArray, model: str) -> None:
    bad = ~np.isfinite(table).all(axis=1)
    if bad.any():
        raise InputError(
            f"{model} answered NaN or infinity for {int(bad.sum()):,} rows, the first is row "
            f"{int(bad.argmax())}",
            hint="a row without probabilities cannot be judged: look for empty cells in it",
        )


def _order(
    names: Sequence[str] | None, width: int, dataset: Dataset, options: FixedModelOptions, model: str
) -> tuple[list[int], list[str]]:
    """Column of the model for each class of the data set."""
    classes = dataset.classes
    known = options.classes or (tuple(names) if names is not None else None)
    one_number = width == 1 and len(classes) == 2 and (known is None or len(known) == 2)  # noqa: PLR2004
    if not one_number and width != len(classes):
        raise InputError(
            f"{model} gives {width} classes, data set {dataset.name!r} has {len(classes)}: "
            f"{_listed(classes)}",
            hint="take a model of these classes; another output may have them",
        )
    numbers = (
        known is not None and options.classes is None and _counts(known) and sorted(known) != sorted(classes)
    )
    if known is None or numbers:
        what = "numbers its classes" if numbers else "does not name its classes"
        order = f"taken in the data set's order, {_listed(classes)} (say otherwise with model.classes)"
        return list(range(len(classes))), [f"{model} {what}: {order}"]
    if sorted(known) != sorted(classes):
        whose = "`classes` lists" if options.classes else f"{model} has the classes"
        raise InputError(
            f"{whose} {_listed(known)}; the data set has {_listed(classes)}",
            hint="list each class of the data set once with model.classes, in the order of the columns",
        )
    return [known.index(name) for name in classes], []


def _counts(names: Sequence[str]) -> bool:
    return list(names) == [str(i) for i in range(len(names))]


def _activated(table: FloatArray, activation: Activation, model: str) -> tuple[FloatArray, list[str]]:
    if table.shape[1] == 1:
        return _from_one_number(table, activation, model)
    bounded = bool((table >= 0).all() and (table <= 1 + _SUM_TOLERANCE).all())
    sums_to_one = bounded and bool((np.abs(table.sum(axis=1) - 1) <= _SUM_TOLERANCE).all())
    match activation:
        case "none":
            check_pred_probs(table)
            return table, []
        case "sigmoid":
            return expit(table), [
                "the model says yes or no to each class: its rows were divided by their sums"
            ]
        case "softmax" if sums_to_one:
            raise ConfigError(
                f"activation is softmax, which would flatten the probabilities that {model} gives already",
                hint="leave model.activation out, or set it to none",
            )
        case "auto" if sums_to_one:
            return table, [f"the rows of {model} sum to 1 and were taken for probabilities"]
        case "auto" if bounded:
            raise InputError(
                f"{model} gives numbers from 0 to 1 whose rows do not sum to 1: no logits, no probabilities",
                hint="set model.activation: softmax or sigmoid where they are logits, or name another output",
            )
        case _:
            notes = [f"the rows of {model} were taken for logits (softmax)"] if activation == "auto" else []
            return softmax(table, axis=1), notes


def _from_one_number(table: FloatArray, activation: Activation, model: str) -> tuple[FloatArray, list[str]]:
    bounded = bool((table >= 0).all() and (table <= 1).all())
    if bounded and np.isin(table, (0, 1)).all():
        raise InputError(
            f"{model} answers 0 or 1, which are labels and no probabilities", hint="name another output"
        )
    if activation == "none" and not bounded:
        raise InputError(f"{model} gives numbers outside 0..1", hint="set model.activation: sigmoid")
    as_is = activation == "none" or (activation == "auto" and bounded)
    second = table if as_is else expit(table)
    word = "probability" if as_is else "logit"
    return np.hstack([1 - second, second]), [
        f"the one number a row was taken for the {word} of the second class"
    ]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_LISTED]) + (", ..." if len(names) > _LISTED else "")
