"""The contract of model backends: right shape, right columns, same bits, out of sample, clear refusals."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from cl_core.dataset import Dataset, Predictions
from cl_core.errors import InputError
from cl_core.hooks import ModelBackend
from cl_core.inputs import check_inputs
from cl_core.testing.record import check_record, check_refusal, demand, leaves_alone, make_options
from cl_core.testing.samples import sample_dataset

if TYPE_CHECKING:
    from pydantic import BaseModel

# Labels drawn by lot agree with an honest model by chance: 1/k, with a spread of 3 points at 240 rows.
# Six spreads over chance is no luck.
_SPREADS = 6.0


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
    again = backend.predict(data, chosen, _silent)
    demand(
        np.array_equal(found.pred_probs, again.pred_probs),
        f"{backend.name}: the same data and options gave different bits; seed everything random",
    )
    _check_class_order(backend, data, chosen)
    if found.out_of_sample:
        _check_out_of_sample(backend, data, chosen)
    _check_refusals(backend, data, chosen)
    if worker:
        _check_worker(backend, data, chosen, found)
    return found


def _silent(done: int, total: int, what: str, /) -> None:
    """Report progress to nobody."""


def _check_predictions(backend: ModelBackend, data: Dataset, found: Any) -> None:
    name = backend.name
    demand(
        isinstance(found, Predictions), f"{name}: predict returned {type(found).__name__}, not Predictions"
    )
    shape, wanted = np.shape(found.pred_probs), (data.n_rows, data.n_classes)
    demand(
        shape == wanted,
        f"{name}: probabilities have shape {shape}, wanted {wanted}: rows by classes",
    )
    try:
        check_inputs(data.labels, found.pred_probs)
    except InputError as error:
        demand(kept=False, message=f"{name}: {error}")
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


def _check_class_order(backend: ModelBackend, data: Dataset, options: Any) -> None:
    """Name the classes the other way round: a column belongs to a class number, whatever it is called."""
    k = data.n_classes
    turned = replace(
        data,
        labels=k - 1 - data.labels,
        classes=data.classes[::-1],
        pred_probs=None if data.pred_probs is None else data.pred_probs[:, ::-1],
    )
    _check_predictions(backend, turned, backend.predict(turned, options, _silent))


def _check_out_of_sample(backend: ModelBackend, data: Dataset, options: Any) -> None:
    """Labels drawn by lot cannot be predicted by a model that never saw them."""
    rng = np.random.default_rng(0)
    lot = replace(data, labels=rng.integers(0, data.n_classes, size=data.n_rows))
    found = backend.predict(lot, options, _silent)
    agree = float((found.pred_probs.argmax(axis=1) == lot.labels).mean())
    guessing = float(np.bincount(lot.labels).max() / lot.n_rows)
    limit = guessing + _SPREADS * (guessing * (1 - guessing) / lot.n_rows) ** 0.5
    demand(
        agree <= limit,
        f"{backend.name}: says out_of_sample=True but agrees with {agree:.0%} of labels drawn by lot "
        f"(at most {limit:.0%} by chance): predict each row by a model that did not learn from it",
    )


def _check_refusals(backend: ModelBackend, data: Dataset, options: Any) -> None:
    rare = data.labels.copy()
    rare[rare == data.n_classes - 1] = 0
    rare[0] = data.n_classes - 1
    bare = replace(data, features=None, modality="none", pred_probs=None)
    cases = {"a class with one row": replace(data, labels=rare), "a data set without features": bare}
    for what, case in cases.items():
        call = partial(backend.predict, case, options, _silent)
        check_refusal(backend, what, call, must_refuse=False)


def _check_worker(backend: ModelBackend, data: Dataset, options: Any, found: Predictions) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        there = pool.submit(backend.predict, data, options, _silent).result()
    demand(
        np.array_equal(found.pred_probs, there.pred_probs),
        f"{backend.name}: another process gave different bits; seed everything random",
    )


def _same(before: Any, after: Any) -> bool:
    if hasattr(before, "equals"):
        return bool(before.equals(after))
    return before is None or np.array_equal(np.asarray(before), np.asarray(after))
