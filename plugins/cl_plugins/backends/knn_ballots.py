"""Who may vote for whom: every other row, other groups, or other periods. Weighs no votes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from scipy.sparse import csr_array

from cl_core.dataset import Dataset
from cl_core.errors import InputError
from cl_core.hooks import Progress
from cl_core.types import FloatArray, Indices, Labels
from cl_plugins.backends.folds import make_splits
from cl_plugins.backends.knn_features import Features
from cl_plugins.backends.knn_options import KnnOptions
from cl_plugins.backends.neighbours import Units, make_units, nearest
from cl_plugins.backends.votes import SIZES, Ballot
from cl_plugins.options import FoldOptions

Manner: TypeAlias = Literal["class", "group", "time"]
Told: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """Rows gathered by query and label: shapes (i,), and the case of each row, shape (rows,)."""

    queries: Indices
    labels: Labels
    n_rows: Indices
    of_row: Indices


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Rows that are judged by the same voters."""

    ballot: Ballot
    rows: Indices
    case_of_row: Indices


def hold(
    dataset: Dataset, options: KnnOptions, features: Features, manner: Manner, progress: Progress
) -> tuple[list[Held], tuple[str, ...]]:
    """Find the neighbours of every row among those that may vote for it."""
    k = options.k or max(SIZES)

    def told(done: int, total: int) -> None:
        progress(done, total, "looking for neighbours")

    match manner:
        case "time":
            how = FoldOptions(
                folds=options.periods, split="time", gap=options.gap, past_only=options.past_only
            )
            splits, notes = make_splits(dataset, how)
            return [_hold_period(dataset, features, split, k, told) for split in splits], notes
        case "group":
            return [_hold_groups(dataset, features, k, told)], (
                "rows of one group did not vote for each other",
            )
        case _:
            return [_hold_one(dataset, features, k, told)], ()


def _hold_one(dataset: Dataset, features: Features, k: int, told: Told) -> Held:
    """Every row may vote for every other one."""
    units = make_units(features.vectors)
    alone = replace(units, keys=np.arange(len(units.vectors)))
    near, distances = nearest(alone, alone, k, apart=True, progress=told)
    near = np.column_stack([alone.keys, near])  # equal rows vote too, less the row itself
    distances = np.column_stack([np.zeros(len(near)), distances])
    cases = _cases(units.of_row, dataset.labels)
    barred = _one_hot(cases.labels, dataset.n_classes)
    everybody = np.arange(dataset.n_rows)
    return _held(dataset, (everybody, units), (near, distances), (everybody, cases), barred, own=True)


def _hold_groups(dataset: Dataset, features: Features, k: int, told: Told) -> Held:
    """No row may vote for one of its own group."""
    groups = np.unique(np.asarray(dataset.groups), return_inverse=True)[1]
    if groups.max() == 0:
        raise InputError(
            f"all rows of data set {dataset.name!r} are of one group, so none may vote",
            hint="check data.groups, or set split: class",
        )
    units = make_units(features.vectors, groups)
    near = nearest(units, units, k, apart=True, progress=told)
    cases = _cases(units.of_row, dataset.labels)
    barred = count(groups, dataset.labels, int(groups.max()) + 1, dataset.n_classes)[
        units.keys[cases.queries]
    ]
    everybody = np.arange(dataset.n_rows)
    return _held(dataset, (everybody, units), near, (everybody, cases), barred, own=False)


def _hold_period(
    dataset: Dataset, features: Features, split: tuple[Indices, Indices], k: int, told: Told
) -> Held:
    """Let the rows of other periods vote for those of one period."""
    train, test = split
    voters, queries = make_units(features.vectors[train]), make_units(features.vectors[test])
    near = nearest(queries, voters, k, apart=False, progress=told)
    cases = _cases(queries.of_row, dataset.labels[test])
    barred = csr_array((len(cases.labels), dataset.n_classes), dtype=np.int64)
    return _held(dataset, (train, voters), near, (test, cases), barred, own=False)


def _held(
    dataset: Dataset,
    voters: tuple[Indices, Units],
    near: tuple[Indices, FloatArray],
    queried: tuple[Indices, Cases],
    barred: Any,
    *,
    own: bool,
) -> Held:
    voting, units = voters
    rows, cases = queried
    labels = dataset.labels[voting]
    ballot = Ballot(
        *near,
        counts=count(units.of_row, labels, len(units.vectors), dataset.n_classes),
        queries=cases.queries,
        labels=cases.labels,
        n_rows=cases.n_rows,
        own=own,
        totals=np.bincount(labels, minlength=dataset.n_classes),
        barred=barred,
    )
    return Held(ballot, rows, cases.of_row)


def _cases(query_of_row: Indices, labels: Labels) -> Cases:
    """Gather the rows of one query and one label."""
    n_classes = int(labels.max()) + 1
    key = query_of_row.astype(np.int64) * n_classes + labels
    found, of_row, n_rows = np.unique(key, return_inverse=True, return_counts=True)
    return Cases((found // n_classes).astype(np.intp), (found % n_classes).astype(np.intp), n_rows, of_row)


def count(units: Indices, labels: Labels, n_units: int, n_classes: int) -> Any:
    """Rows of each class in each unit, CSR array of shape (units, classes)."""
    ones = np.ones(len(units), dtype=np.int64)
    return csr_array((ones, (units, labels)), shape=(n_units, n_classes))


def _one_hot(labels: Labels, n_classes: int) -> Any:
    return count(np.arange(len(labels)), labels, len(labels), n_classes)
