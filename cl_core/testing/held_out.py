"""Whether a backend's probabilities are out of sample, found by labels that nothing can predict."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from cl_core.dataset import Dataset
from cl_core.errors import LabelgateError
from cl_core.hooks import ModelBackend
from cl_core.media import Clips, MediaFiles
from cl_core.testing.record import demand

# Labels drawn by lot agree with an honest model by chance: 1/k, with a spread of 3 points at 240 rows.
# Six spreads over chance is no luck.
_SPREADS = 6.0
_GROUPS, _ROWS_A_GROUP = 40, 6


def check_rows_held_out(backend: ModelBackend, data: Dataset, options: Any) -> None:
    """Labels drawn by lot cannot be predicted by a model that never saw them."""
    rng = np.random.default_rng(0)
    lot = replace(data, labels=rng.integers(0, data.n_classes, size=data.n_rows))
    found = backend.predict(lot, options, _silent)
    _refuse_knowing(backend, lot, found.pred_probs, lot.n_rows, "predict each row by a model that did not")


def check_groups_held_out(backend: ModelBackend, data: Dataset, options: Any) -> None:
    """Labels drawn by lot for whole groups cannot be predicted by a model that never saw the group.

    Rows of a group are alike, so that a model that learned from one of them knows the others. A
    backend that refuses data with groups, in an error of ours, keeps the contract, too.
    """
    lot = _grouped(data)
    try:
        found = backend.predict(lot, options, _silent)
    except LabelgateError as error:
        demand(error.hint, f"{backend.name}: the error for data with groups has no hint: {error}")
        return
    if found.out_of_sample:
        _refuse_knowing(
            backend, lot, found.pred_probs, _GROUPS, "hold rows of one group (dataset.groups) out together"
        )


def _refuse_knowing(backend: ModelBackend, lot: Dataset, probs: Any, draws: int, remedy: str) -> None:
    agree = float((probs.argmax(axis=1) == lot.labels).mean())
    guessing = float(np.bincount(lot.labels).max() / lot.n_rows)
    limit = guessing + _SPREADS * (guessing * (1 - guessing) / draws) ** 0.5
    what = "labels drawn by lot" if draws == lot.n_rows else "labels drawn by lot for whole groups"
    demand(
        agree <= limit,
        f"{backend.name}: says out_of_sample=True but agrees with {agree:.0%} of {what} "
        f"(at most {limit:.0%} by chance): {remedy}",
    )


def _grouped(data: Dataset) -> Dataset:
    """Make groups of rows that are alike, each with one label drawn by lot."""
    n = _GROUPS * _ROWS_A_GROUP
    groups = np.arange(n) % _GROUPS
    rng = np.random.default_rng(1)
    by_lot = rng.permutation(np.arange(_GROUPS) % data.n_classes)
    return replace(
        data,
        ids=np.arange(n),
        labels=by_lot[groups].astype(np.intp),
        features=_alike(data, groups, rng),
        groups=groups,
        times=None,
        pred_probs=None,
        true_labels=None,
        source=None,
        fingerprint=f"{data.fingerprint}-groups",
    )


def _alike(data: Dataset, groups: Any, rng: np.random.Generator) -> Any:
    """Give every row of a group the same features; tables get a column that is high in one group only."""
    match data.features:
        case pd.DataFrame():
            points = rng.normal(size=(len(groups), _GROUPS))
            points[np.arange(len(groups)), groups] += 20.0
            return pd.DataFrame(points, columns=[f"x{i}" for i in range(_GROUPS)])
        case MediaFiles() | Clips() as media:
            return media.take(groups % len(media))
        case np.ndarray() as array:
            return array[groups % len(array)]
        case features:
            return [features[i] for i in (groups % len(features)).tolist()]


def _silent(done: int, total: int, what: str, /) -> None:
    """Report progress to nobody."""
