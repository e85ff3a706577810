"""The contract of model backends: right shape, right columns, same bits, out of sample, clear refusals."""

from copy import deepcopy
from dataclasses import fields, is_dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from cl_core.answers import predictions_fault
from cl_core.dataset import Dataset, Predictions
from cl_core.hooks import ModelBackend
from cl_core.testing.held_out import check_groups_held_out, check_rows_held_out
from cl_core.testing.record import (
    check_record,
    check_refusal,
    demand,
    elsewhere_in_the_random_streams,
    leaves_alone,
    make_options,
)
from cl_core.testing.samples import sample_dataset
from cl_core.testing.worker import in_worker

if TYPE_CHECKING:
    from pydantic import BaseModel

# Other folds and other ties move probabilities a little; a column in another place moves them by a half.
_MOST_MOVED = 0.1


def check_backend(
    backend: ModelBackend,
    options: "BaseModel | dict[str, Any] | None" = None,
    *,
    dataset: Dataset | None = None,
    worker: bool = True,
) -> Predictions:
    """Hold a model backend against the contract.

    Parameters
    ----------
    backend
        The record that the plugin yields.
    options
        Its options, as a mapping or validated; its defaults when left out.
    dataset
        Data that the backend can learn to label right in most rows; `sample_dataset` when left out.
    worker
        Whether to predict in a fresh process as well, which takes as long as the backend's imports.

    Returns
    -------
    Predictions
        Of `dataset`, for further checks of the author's own.

    Raises
    ------
    ContractError
        For the first part of the contract that is not kept.
    """
    check_record(backend)
    chosen = make_options(backend, options)
    data = dataset or sample_dataset()
    before = deepcopy(data.features)
    steps: list[tuple[int, int, str]] = []
    with leaves_alone(backend):
        found = backend.predict(data, chosen, lambda *step: steps.append(step))
    _check_predictions(backend, data, found)
    _check_progress(backend, steps)
    demand(_same(before, data.features), f"{backend.name}: predict changes the data set's features")
    with elsewhere_in_the_random_streams():
        again = backend.predict(data, chosen, _silent)
    demand(
        np.array_equal(found.pred_probs, again.pred_probs),
        f"{backend.name}: the same data and options gave different bits; seed everything random",
    )
    _check_class_order(backend, data, chosen, found)
    if found.out_of_sample:
        check_rows_held_out(backend, data, chosen)
        check_groups_held_out(backend, data, chosen)
    _check_refusals(backend, data, chosen)
    if worker:
        _check_worker(backend, data, chosen, found)
    return found


def _silent(done: int, total: int, what: str, /) -> None:
    """Report progress to nobody."""


def _check_predictions(backend: ModelBackend, data: Dataset, found: Any) -> None:
    name = backend.name
    fault = predictions_fault(data, found)
    demand(not fault, f"{name}: predict {fault}")
    demand(found.model.strip(), f"{name}: Predictions.model is empty; say which model, folds and seed")
    accuracy = float((found.pred_probs.argmax(axis=1) == data.labels).mean())
    guessing = float(np.bincount(data.labels).max() / data.n_rows)
    demand(
        accuracy > guessing,
        f"{name}: {accuracy:.0%} of the labels agree on data that can be learned, guessing gives "
        f"{guessing:.0%}; are the columns in the order of dataset.classes?",
    )


def _check_progress(backend: ModelBackend, steps: list[tuple[int, int, str]]) -> None:
    demand(steps, f"{backend.name}: predict never reports progress; call progress(done, total, what)")
    demand(
        all(0 <= done <= total for done, total, _ in steps) and steps[-1][0] == steps[-1][1],
        f"{backend.name}: progress must count up to the total; it ended at {steps[-1][0]} of {steps[-1][1]}",
    )


def _check_class_order(backend: ModelBackend, data: Dataset, options: Any, found: Predictions) -> None:
    """Demand that the columns turn with the classes, and nothing else, when they are numbered backwards."""
    k = data.n_classes
    turned = replace(
        data,
        labels=k - 1 - data.labels,
        classes=data.classes[::-1],
        pred_probs=None if data.pred_probs is None else data.pred_probs[:, ::-1],
    )
    there = backend.predict(turned, options, _silent)
    _check_predictions(backend, turned, there)
    moved = float(np.abs(there.pred_probs[:, ::-1] - found.pred_probs).mean())
    demand(
        moved <= _MOST_MOVED,
        f"{backend.name}: numbering the classes the other way round moves probabilities by {moved:.2f} on "
        f"average (at most {_MOST_MOVED}); no class number may be special",
    )


def _check_refusals(backend: ModelBackend, data: Dataset, options: Any) -> None:
    rare = data.labels.copy()
    rare[rare == data.n_classes - 1] = 0
    rare[0] = data.n_classes - 1
    bare = replace(data, features=None, modality="none", pred_probs=None)
    one = replace(data, labels=np.zeros_like(data.labels))
    cases = {
        "a class with one row": replace(data, labels=rare),
        "labels of one class": one,
        "a data set without features": bare,
    }
    for what, case in cases.items():
        call = partial(backend.predict, case, options, _silent)
        check_refusal(backend, what, call, must_refuse=False)


def _check_worker(backend: ModelBackend, data: Dataset, options: Any, found: Predictions) -> None:
    there = in_worker(backend.name, backend.predict, data, options, _silent)
    demand(
        np.array_equal(found.pred_probs, there.pred_probs),
        f"{backend.name}: another process gave different bits; seed everything random, and use no hash() "
        "of strings",
    )


def _same(before: Any, after: Any) -> bool:
    if hasattr(before, "equals"):
        return bool(before.equals(after))
    if is_dataclass(before):  # clips, or names of files
        return all(_same(getattr(before, part.name), getattr(after, part.name)) for part in fields(before))
    return before is None or np.array_equal(np.asarray(before), np.asarray(after))
