"""The backend ``audio``: log-mel statistics, a kernel map, a linear head. Networks are `embeddings`'."""

import numpy as np
import sklearn
from numpy.typing import NDArray

from cl_core.dataset import Dataset, Predictions
from cl_core.errors import InputError
from cl_core.hooks import Progress
from cl_core.media import Clips
from cl_plugins.backends.dense import dense_probs
from cl_plugins.backends.log_mel import describe_sound
from cl_plugins.backends.media_options import AudioOptions
from cl_plugins.embeddings.embed import embed
from cl_plugins.sounds import sound_batches


def predict_audio(dataset: Dataset, options: AudioOptions, progress: Progress) -> Predictions:
    """Cross-validated probabilities for every sound; the same options and data give the same bits."""
    if dataset.modality != "audio":
        raise InputError(
            f"the audio backend got {dataset.modality} data {dataset.name!r}, wanted sounds",
            hint="choose a backend for this kind of data: see `labelgate plugins`",
        )
    if options.embedding is not None:
        rows, what = embed(dataset, options.embedding, progress)
        probs, notes = dense_probs(rows, "linear", dataset, options, progress)
    else:
        rows, what = described_sounds(dataset, options.rate, progress)
        probs, notes = dense_probs(rows, "scaled_kernel", dataset, options, progress)
    model = f"{what}, {options.folds} folds, seed {options.seed}, scikit-learn {sklearn.__version__}"
    return Predictions(probs, out_of_sample=True, model=model, notes=notes)


def described_sounds(dataset: Dataset, rate: int, progress: Progress) -> tuple[NDArray[np.float32], str]:
    """Describe every sound, at `rate` samples a second or fewer, by a row of numbers; and say how."""
    if isinstance(dataset.features, Clips):
        rate = min(rate, dataset.features.rate)
    rows: list[NDArray[np.float32]] = []
    for sounds in sound_batches(dataset.features, rate=rate):
        progress(len(rows), dataset.n_rows, "reading sounds")
        rows += [describe_sound(sound, rate) for sound in sounds]
    return np.stack(rows), f"log-mel statistics at {rate:,} Hz"
