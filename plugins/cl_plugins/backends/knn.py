"""The backend ``knn``: neighbours vote on a row's class. Nothing is trained, no row votes for itself."""

import numpy as np

from cl_core.dataset import Dataset, Predictions
from cl_core.errors import ConfigError, InputError
from cl_core.hooks import Progress
from cl_plugins.backends.knn_ballots import Manner, count, hold
from cl_plugins.backends.knn_features import Features, read_features
from cl_plugins.backends.knn_options import KnnOptions
from cl_plugins.backends.neighbours import make_units
from cl_plugins.backends.votes import choose, probabilities

_ROWS = 4096  # predicted at a time, which bounds the memory beside the answer


def predict_knn(dataset: Dataset, options: KnnOptions, progress: Progress) -> Predictions:
    """Class probabilities by the votes of each row's neighbours; the same data give the same bits."""
    if dataset.modality == "none" and options.embeddings_path is None:
        raise InputError(
            f"data set {dataset.name!r} has nothing to compare rows by",
            hint="give features, or a file of vectors with `embeddings_path`",
        )
    manner = _manner(dataset, options)
    _refuse_one_class(dataset)
    features = read_features(dataset, options, progress)
    ballots, notes = hold(dataset, options, features, manner, progress)
    setting = choose([one.ballot for one in ballots], options.k)
    probs = np.empty((dataset.n_rows, dataset.n_classes))
    for one in ballots:
        for start in range(0, len(one.rows), _ROWS):
            part = slice(start, start + _ROWS)
            probs[one.rows[part]] = probabilities(one.ballot, setting, one.case_of_row[part])
    how = f"k {setting.k}, sharpness {setting.sharpness:g}, frequency votes {setting.frequency_votes:g}"
    chosen = "given" if options.k is not None else "by leave-one-out log-loss"
    return Predictions(
        probs,
        out_of_sample=True,
        model=f"knn, {how} ({chosen}), {features.metric} distance, {features.source}",
        notes=(*features.notes, *notes, *_notes(dataset, features)),
    )


def _manner(dataset: Dataset, options: KnnOptions) -> Manner:
    known = {"group": dataset.groups is not None, "time": dataset.times is not None}
    if options.split == "auto":
        return "group" if known["group"] else "time" if known["time"] else "class"
    if options.split != "class" and not known[options.split]:
        raise ConfigError(
            f"split is {options.split!r}, but data set {dataset.name!r} came without {options.split}s",
            hint=f"name the column with data.{options.split}s, or leave split out",
        )
    return options.split


def _refuse_one_class(dataset: Dataset) -> None:
    if len(np.unique(dataset.labels)) < 2:  # noqa: PLR2004 - two classes make a classification
        raise InputError(
            f"data set {dataset.name!r} has labels of one class only",
            hint="neighbours need two classes to vote on; check the label column",
        )


def _notes(dataset: Dataset, features: Features) -> list[str]:
    units = make_units(features.vectors)
    labels_of_unit = np.diff(
        count(units.of_row, dataset.labels, len(units.vectors), dataset.n_classes).indptr
    )
    torn = int((labels_of_unit[units.of_row] > 1).sum())
    single = int((np.bincount(dataset.labels) == 1).sum())
    notes = []
    if torn:
        notes.append(f"{torn:,} rows have an identical twin with another label")
    if single:
        notes.append(f"{single:,} classes have one row only: nobody can vote for its label")
    return notes
