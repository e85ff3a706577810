"""The backend ``precomputed``: probabilities made elsewhere, put in order and checked. No model."""

import numpy as np

from cl_core.dataset import Dataset, Predictions
from cl_core.errors import InputError
from cl_core.hooks import Progress
from cl_core.inputs import check_pred_probs
from cl_core.types import Probs
from cl_plugins.archive import read_array
from cl_plugins.backends.fixed_model import sample_note
from cl_plugins.backends.options import PrecomputedOptions


def predict_precomputed(dataset: Dataset, options: PrecomputedOptions, progress: Progress) -> Predictions:
    """Take the probabilities of the data set, or of a file, as they are."""
    progress(0, 1, "reading probabilities")
    given, source = _find(dataset, options)
    probs = given.astype(np.float64) if given.dtype.kind in "biu" else given
    if len(probs) != dataset.n_rows:
        raise InputError(
            f"{source} has {len(probs):,} rows, data set {dataset.name!r} {dataset.n_rows:,} labelled ones",
            hint="give one row of probabilities for each labelled row, in the same order",
        )
    probs = _in_order(check_pred_probs(probs), dataset, options, source)
    notes = [sample_note(options.out_of_sample)] if options.out_of_sample is not True else []
    if probs.dtype == np.float16:
        off = float(np.abs(probs.sum(axis=1, dtype=np.float64) - 1).max())
        probs = probs.astype(np.float32)
        probs /= probs.sum(axis=1, keepdims=True)
        notes.append(
            f"{source} is half precision, its rows miss a sum of 1 by up to {off:.1%}: "
            "widened to single precision and divided by the sum of each row"
        )
    progress(1, 1, "reading probabilities")
    return Predictions(probs, options.out_of_sample, f"precomputed: {source}", tuple(notes))


def _find(dataset: Dataset, options: PrecomputedOptions) -> tuple[np.ndarray[tuple[int, ...], np.dtype], str]:
    if options.path is not None:
        return read_array(options.path, options.array), f"{options.path.name!r}"
    if dataset.pred_probs is None:
        raise InputError(
            f"data set {dataset.name!r} came without probabilities",
            hint="set `path` to an .npy or .npz file, name the columns with data.pred_probs_columns, "
            "or choose a backend that trains a model, such as tabular",
        )
    return dataset.pred_probs, f"pred_probs of data set {dataset.name!r}"


def _in_order(probs: Probs, dataset: Dataset, options: PrecomputedOptions, source: str) -> Probs:
    """Columns in the order of the data set's classes."""
    names = options.classes or dataset.classes
    if probs.shape[1] != len(names):
        raise InputError(
            f"{source} has {probs.shape[1]} columns for {len(names)} classes: {', '.join(names[:10])}",
            hint="list the classes in the order of the columns with `classes`",
        )
    if options.classes is None:
        return probs
    if sorted(names) != sorted(dataset.classes):
        raise InputError(
            f"`classes` lists {', '.join(names[:10])}; the data set has {', '.join(dataset.classes[:10])}",
            hint="list each class of the data set once, in the order of the columns",
        )
    return probs[:, [names.index(name) for name in dataset.classes]]
