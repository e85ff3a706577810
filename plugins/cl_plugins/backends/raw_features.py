"""Features as a model of people's own takes them: one array, one data frame or strings. Learns nothing."""

from typing import Any

import numpy as np

from cl_core.dataset import Dataset, Modality
from cl_core.errors import InputError
from cl_core.media import MediaFiles
from cl_plugins.pictures import Mode, load_pictures


def read_raw(
    dataset: Dataset,
    *,
    backend: str,
    modalities: tuple[Modality, ...],
    size: tuple[int, int] | None = None,
    mode: Mode = "L",
) -> Any:
    """Return the features, rows first: a data frame, an array, or an object array (n,) of strings.

    Pictures in files become bytes, shape ``(n, h, w)`` or ``(n, h, w, 3)``, of `size` and `mode`; pictures in
    an array stay as they are unless `size` is given.

    Raises
    ------
    InputError
        For a modality that `backend` does not take, and for pictures of several sizes without `size`.
    """
    if dataset.modality not in modalities or dataset.features is None:
        raise InputError(
            f"data set {dataset.name!r} ({dataset.modality}) has nothing the backend {backend!r} takes; "
            f"it takes {', '.join(modalities)}",
            hint="use the backend made for such data, or `precomputed` with probabilities of your own model",
        )
    match dataset.modality:
        case "image" if isinstance(dataset.features, MediaFiles) or size is not None:
            return load_pictures(dataset.features, size=size, mode=mode)
        case "table":
            return dataset.features.reset_index(drop=True)
        case "text":
            texts = np.empty(dataset.n_rows, dtype=object)
            texts[:] = [str(text) for text in dataset.features]
            return texts
        case _:
            return np.asarray(dataset.features)


def flat(array: Any) -> Any:
    """One row of numbers for each row."""
    return array.reshape(len(array), -1)


def channels_first(pictures: Any) -> Any:
    """Return pictures as float32, shape ``(n, channels, h, w)``; bytes and other integers as 0..1.

    Raises
    ------
    InputError
        For other shapes, and for NaN and infinite pixels.
    """
    if pictures.ndim not in (3, 4):
        raise InputError(
            f"pictures have shape {pictures.shape}, wanted (rows, height, width) or with channels last",
            hint="reshape them, or save them as modality array",
        )
    cube = pictures[..., None] if pictures.ndim == 3 else pictures  # noqa: PLR2004
    if cube.dtype.kind in "iu":
        found = cube.astype(np.float32) / np.float32(np.iinfo(cube.dtype).max)
    else:
        found = cube.astype(np.float32)
    if not np.isfinite(found).all():
        row = int(np.argmin(np.isfinite(found).reshape(len(found), -1).all(axis=1)))
        raise InputError(
            f"picture {row:,} holds values that are no numbers", hint="replace them, or leave it out"
        )
    return np.ascontiguousarray(found.transpose(0, 3, 1, 2))
