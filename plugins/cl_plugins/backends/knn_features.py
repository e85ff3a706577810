"""Vectors whose neighbours are sought: of a network, of a file, or the features themselves. No labels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cl_core.dataset import Dataset
from cl_core.errors import ConfigError, InputError
from cl_core.hooks import Progress
from cl_plugins.archive import read_array
from cl_plugins.backends.columns import read_columns
from cl_plugins.backends.encoders import FoldEncoder
from cl_plugins.backends.knn_media import own_vectors
from cl_plugins.backends.knn_options import KnnOptions
from cl_plugins.embeddings.embed import embed


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """One vector a row, float32 (n, d), of length 1 where directions are compared."""

    vectors: NDArray[np.float32]
    metric: str
    source: str
    notes: tuple[str, ...] = ()


def read_features(dataset: Dataset, options: KnnOptions, progress: Progress) -> Features:
    """Return the vectors that `options` ask for."""
    notes: tuple[str, ...] = ()
    metric = "cosine"
    if options.embedding is not None:
        vectors, source = embed(dataset, options.embedding, progress)
    elif options.embeddings_path is not None:
        vectors, source = _read_file(dataset, options), f"embeddings {options.embeddings_path.name}"
    else:
        vectors, source, notes = _own(dataset, progress)
        metric = "cosine" if dataset.modality == "text" else "euclidean"
    if options.metric != "auto":
        metric = options.metric
    if metric == "cosine":
        vectors = _to_length_one(vectors)
    return Features(vectors, metric, source, notes)


def _read_file(dataset: Dataset, options: KnnOptions) -> NDArray[np.float32]:
    path = options.embeddings_path
    if path is None:
        raise ConfigError("embeddings_path is not set", hint="name an .npy or .npz file")
    found = read_array(path, options.array)
    if found.ndim != 2 or found.dtype.kind not in "fiu":  # noqa: PLR2004 - rows and numbers
        raise InputError(
            f"{path.name!r} holds {found.dtype} of shape {found.shape}, wanted numbers, rows x dimensions",
            hint="save one vector a row with numpy.save",
        )
    if len(found) != dataset.n_rows:
        unlabelled = f" ({dataset.n_unlabelled:,} rows without a label left out)" * bool(dataset.n_unlabelled)
        raise InputError(
            f"{path.name!r} has {len(found):,} vectors, data set {dataset.name!r} {dataset.n_rows:,} "
            f"labelled rows{unlabelled}",
            hint="give one vector for each labelled row, in the same order",
        )
    return _finite(found, path.name)


def _own(dataset: Dataset, progress: Progress) -> tuple[NDArray[np.float32], str, tuple[str, ...]]:
    """Return the features themselves: arrays as they are, tables at equal spread, media as described."""
    match dataset.modality:
        case "array":
            array: Any = np.asarray(dataset.features)
            if array.dtype.kind not in "biuf":
                raise InputError(
                    f"data set {dataset.name!r} holds {array.dtype}, wanted numbers",
                    hint="save plain numbers",
                )
            return (
                _finite(array.reshape(dataset.n_rows, -1), f"data set {dataset.name!r}"),
                "arrays as they are",
                (),
            )
        case "table":
            columns = read_columns(dataset)
            rows = np.arange(dataset.n_rows)
            encoded, _ = FoldEncoder(columns.blocks, "scaled", 0).split(rows, rows[:1])
            return encoded.astype(np.float32), "columns of equal spread", columns.notes
        case _:
            return own_vectors(dataset, progress)


def _finite(array: NDArray[Any], source: str) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        ready = array.astype(np.float32)
    wrong = ~np.isfinite(ready).all(axis=1)
    if wrong.any():
        raise InputError(
            f"{source} has NaN, infinite or huge numbers in {int(wrong.sum()):,} of {len(ready):,} rows, the "
            f"first is row {int(wrong.argmax()):,}",
            hint="mend these rows, or leave them out",
        )
    return ready


def _to_length_one(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Divide every vector by its length; zeros have no direction and stay."""
    wide = vectors.astype(np.float64)
    length = np.sqrt(np.einsum("ij,ij->i", wide, wide))[:, None]
    return (wide / np.where(length > 0, length, 1)).astype(np.float32)
