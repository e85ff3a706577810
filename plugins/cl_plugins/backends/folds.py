"""Which rows are held out together: by class, by group, by time. No model."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from cl_core.crossval import FitPredict, cross_validate
from cl_core.dataset import Dataset
from cl_core.errors import ConfigError, InputError
from cl_core.hooks import Progress
from cl_core.types import FloatArray, Indices
from cl_plugins.options import FoldOptions

Splits: TypeAlias = list[tuple[Indices, Indices]]


def out_of_sample(
    fit_predict: FitPredict,
    dataset: Dataset,
    options: FoldOptions,
    progress: Progress,
    memo: list[int] | None = None,
) -> tuple[FloatArray, tuple[str, ...]]:
    """Predict each row by a model that never saw it; a run that is cut off goes on from its last fold.

    `fit_predict` must answer by its arguments alone; numbers that it appends to `memo` come back as well.
    Returns the probabilities, shape (n, k), rows that sum to 1, zero for a class that labels no row; and
    what people should know about them, one sentence each.
    """
    splits, notes = make_splits(dataset, options)
    found = cross_validate(
        fit_predict,
        dataset.labels,
        dataset.n_classes,
        splits,
        progress=progress,
        resumable=True,
        memo=memo,
    )
    sums = found.pred_probs.sum(axis=1, keepdims=True)
    return found.pred_probs / sums, (*notes, *found.notes)


def make_splits(dataset: Dataset, options: FoldOptions) -> tuple[Splits, tuple[str, ...]]:
    """Return the rows to learn from and the rows to predict, fold by fold, and a word on how."""
    if len(np.unique(dataset.labels)) < 2:  # noqa: PLR2004 - two classes make a classification
        raise InputError(
            f"data set {dataset.name!r} has labels of one class only",
            hint="a model needs two classes to learn from; check the label column",
        )
    match _manner(dataset, options):
        case "group":
            return _by_group(dataset, options)
        case "time":
            return _by_time(dataset, options)
        case _:
            _refuse_rare(dataset, options.folds)
            splitter = StratifiedKFold(options.folds, shuffle=True, random_state=options.seed)
            return list(splitter.split(dataset.labels, dataset.labels)), ()


def _manner(dataset: Dataset, options: FoldOptions) -> Literal["class", "group", "time"]:
    known = {"group": dataset.groups is not None, "time": dataset.times is not None}
    if options.split == "auto":
        return "group" if known["group"] else "time" if known["time"] else "class"
    if options.split != "class" and not known[options.split]:
        raise ConfigError(
            f"split is {options.split!r}, but data set {dataset.name!r} came without {options.split}s",
            hint=f"name the column with data.{options.split}s, or leave split out",
        )
    return options.split


def _by_group(dataset: Dataset, options: FoldOptions) -> tuple[Splits, tuple[str, ...]]:
    groups = np.unique(np.asarray(dataset.groups), return_inverse=True)[1]
    n_groups = int(groups.max()) + 1
    if n_groups < options.folds:
        raise InputError(
            f"{n_groups} groups cannot make {options.folds} folds",
            hint="set model.folds to the number of groups or fewer, or check data.groups",
        )
    splitter = StratifiedGroupKFold(options.folds, shuffle=True, random_state=options.seed)
    splits = list(splitter.split(np.zeros(len(groups)), dataset.labels, groups))
    note = f"rows of one group were held out together: {n_groups:,} groups in {options.folds} folds"
    return [(train, test) for train, test in splits if len(test)], (note,)


def _by_time(dataset: Dataset, options: FoldOptions) -> tuple[Splits, tuple[str, ...]]:
    """Hold out whole periods, `gap` rows on both sides of them unused; equal times are never parted."""
    period, place = _periods(np.asarray(dataset.times), options.folds)
    found = np.unique(period)
    if len(found) < 2:  # noqa: PLR2004 - one period would hold everything out
        raise InputError(
            f"the times of data set {dataset.name!r} make one period only",
            hint="check data.times, or set split: class",
        )
    splits: Splits = []
    for number in found:
        held_out = period == number
        first, last = place[held_out].min(), place[held_out].max()
        train = ~held_out & ((place < first - options.gap) | (place > last + options.gap))
        if options.past_only:
            # Nothing comes before the first period: it is judged by the one after it.
            train &= (place < first) if number != found[0] else (period == found[1])
        splits.append((np.flatnonzero(train), np.flatnonzero(held_out)))
    _refuse_empty(splits, dataset, options)
    note = f"whole periods were held out: {len(found)} of them, {options.gap:,} rows between unused"
    first = "; each learned from the past only, the first from the second" if options.past_only else ""
    return splits, (note + first,)


def _periods(times: NDArray[np.generic], folds: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Period of each row, and its place in time."""
    moment, count = np.unique(times, return_inverse=True, return_counts=True)[1:]
    before = np.cumsum(count) - count
    place = np.empty(len(times), dtype=np.intp)
    place[np.argsort(times, kind="stable")] = np.arange(len(times))
    return (before[moment] * folds // len(times)).astype(np.intp), place


def _refuse_empty(splits: Sequence[tuple[Indices, Indices]], dataset: Dataset, options: FoldOptions) -> None:
    for train, _ in splits:
        if len(np.unique(dataset.labels[train])) < 2:  # noqa: PLR2004
            raise InputError(
                f"a period of data set {dataset.name!r} leaves fewer than two classes to learn from",
                hint=f"set model.gap below {options.gap:,}, fewer folds, or split: class",
            )


def _refuse_rare(dataset: Dataset, folds: int) -> None:
    classes = dataset.classes
    counts = np.bincount(dataset.labels, minlength=len(classes))
    rare = np.flatnonzero((counts > 0) & (counts < folds))
    if not len(rare):
        return
    listed = ", ".join(f"{classes[c]!r} ({counts[c]})" for c in rare[:10])
    fewest = int(counts[rare].min())
    fewer = f"set model.folds to {fewest} or fewer, " if fewest > 1 else ""
    raise InputError(
        f"{len(rare)} of {len(classes)} classes have fewer rows than the {folds} folds: {listed}",
        hint=f"{fewer}merge rare classes, label more of their rows, or leave them out",
    )
