"""The backend ``image``: edges and coarse colour, a kernel map, a linear head. Networks are `embeddings`'."""

import numpy as np
import sklearn

from cl_core.dataset import Dataset, Predictions
from cl_core.errors import InputError
from cl_core.hooks import Progress
from cl_plugins.backends.dense import dense_probs
from cl_plugins.backends.gradients import Described, describe_pictures
from cl_plugins.backends.media_options import ImageOptions
from cl_plugins.embeddings.embed import embed
from cl_plugins.pictures import picture_batches


def predict_image(dataset: Dataset, options: ImageOptions, progress: Progress) -> Predictions:
    """Cross-validated probabilities for every picture; the same options and data give the same bits."""
    if dataset.modality != "image":
        raise InputError(
            f"the image backend got {dataset.modality} data {dataset.name!r}, wanted pictures",
            hint="choose a backend for this kind of data: see `labelgate plugins`",
        )
    if options.embedding is not None:
        rows, what = embed(dataset, options.embedding, progress)
        probs, notes = dense_probs(rows, "linear", dataset, options, progress)
    else:
        rows, what = (
            described_pictures(dataset, options.size, progress),
            f"edges at {options.size} x {options.size} pixels",
        )
        probs, notes = dense_probs(rows, "kernel", dataset, options, progress)
    model = f"{what}, {options.folds} folds, seed {options.seed}, scikit-learn {sklearn.__version__}"
    return Predictions(probs, out_of_sample=True, model=model, notes=notes)


def described_pictures(dataset: Dataset, side: int, progress: Progress) -> Described:
    """Describe every picture, brought to `side` pixels a side, by a row of numbers."""
    parts: list[Described] = []
    done = 0
    for pictures in picture_batches(dataset.features, size=(side, side), mode="RGB"):
        progress(done, dataset.n_rows, "reading pictures")
        parts.append(describe_pictures(pictures))
        done += len(pictures)
    return np.concatenate(parts)
