"""Vectors of texts, pictures and sounds where no network is named. Looks at no label, so fits on all rows."""

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfTransformer
from threadpoolctl import threadpool_limits

from cl_core.dataset import Dataset
from cl_core.errors import InputError
from cl_core.hooks import Progress
from cl_plugins.backends.audio import described_sounds
from cl_plugins.backends.image import described_pictures
from cl_plugins.backends.media_options import AudioOptions, ImageOptions
from cl_plugins.backends.text import read_texts
from cl_plugins.backends.words import Words

_DIMENSIONS = 200
_SEED = 0  # of the reduction; knn has no other chance in it
_BETTER = "neighbours by words, edges or spectra know less than a network's vectors: `embedding` names one"
_SMALLEST_SPREAD = 1e-6


def own_vectors(dataset: Dataset, progress: Progress) -> tuple[NDArray[np.float32], str, tuple[str, ...]]:
    """Return a vector a row, what it is made of, and notes for the report."""
    match dataset.modality:
        case "text":
            texts, notes = read_texts(dataset)
            progress(0, 1, "counting words")
            vectors, source = _reduced(texts, dataset.n_classes)
            return vectors, source, (*notes, _BETTER)
        case "image":
            side = ImageOptions().size
            described = described_pictures(dataset, side, progress)
            return described, f"edges and coarse colour at {side} x {side} pixels", (_BETTER,)
        case "audio":
            sounds, source = described_sounds(dataset, AudioOptions().rate, progress)
            spread = np.maximum(sounds.std(axis=0, dtype=np.float64), _SMALLEST_SPREAD)
            even = (sounds - sounds.mean(axis=0, dtype=np.float64)) / spread
            return even.astype(np.float32), f"{source}, of equal spread", (_BETTER,)
        case other:
            raise InputError(
                f"data set {dataset.name!r} ({other}) has no vectors to compare",
                hint="name a file of vectors with `embeddings_path`",
            )


def _reduced(texts: list[str], n_classes: int) -> tuple[NDArray[np.float32], str]:
    """Weigh words and groups of letters by rarity; keep the directions in which texts differ most."""
    counts = Words(texts, n_classes).shared()
    weighed = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    kept = min(_DIMENSIONS, *(side - 1 for side in weighed.shape))
    if kept < 1:
        return np.asarray(weighed.todense(), dtype=np.float32), "words and letters"
    # With more threads the order in which numbers are added shows in the last bits.
    with threadpool_limits(1, user_api="blas"):
        reduced = TruncatedSVD(kept, random_state=_SEED).fit_transform(weighed)
    # Equal texts are equal rows: without this, rounding would tell twins apart.
    return np.round(reduced, 6).astype(np.float32), f"words and letters reduced to {kept} dimensions"
