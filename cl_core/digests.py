"""A fingerprint of each row's content, to find rows that are the same. No labels, no likeness."""

from collections import Counter
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cl_core.dataset import Dataset
from cl_core.errors import InputError
from cl_core.media import Clips, MediaFiles

# Of ten million rows, two different ones share a fingerprint of 64 bits with a chance of 3 in a million.
Digests: TypeAlias = NDArray[np.uint64]  # shape (n,)
_ODD = np.uint64(0x9E3779B97F4A7C15)


def table_digests(table: pd.DataFrame) -> Digests:
    """Fingerprint each row of a table, shape (n,): equal where every cell is; missing cells are equal."""
    total: Digests = np.zeros(len(table), dtype=np.uint64)
    for position in range(table.shape[1]):
        column = table.iloc[:, position]
        try:
            cells = pd.util.hash_pandas_object(column, index=False)
        except TypeError:  # cells that hold lists or mixed kinds
            cells = pd.util.hash_pandas_object(column.map(repr), index=False)
        # Multiplied by an odd number after each column, so that swapped cells make another fingerprint.
        total = np.multiply(total ^ cells.to_numpy(dtype=np.uint64), _ODD, dtype=np.uint64)
        total ^= total >> np.uint64(29)
    return np.asarray(total, dtype=np.uint64)


def row_digests(dataset: Dataset) -> Digests | None:
    """Fingerprint what a model learns from, row by row.

    Parameters
    ----------
    dataset
        Of any modality. Files of pictures and sounds are read only where another one has as many bytes.

    Returns
    -------
    uint64 array, shape (n,), or None
        Equal for rows of equal content, byte for byte; None where the data set holds no content.

    Raises
    ------
    InputError
        For a file that cannot be read.
    """
    match dataset.features:
        case None:
            return None
        case pd.DataFrame() as table:
            return table_digests(table) if table.shape[1] else None
        case MediaFiles() as files:
            return _file_digests(files)
        case Clips() as clips:
            return _each(len(clips), lambda i: np.ascontiguousarray(clips[i]).tobytes())
        case np.ndarray() as array:
            return _each(len(array), lambda i: np.ascontiguousarray(array[i]).tobytes())
        case texts:
            return _texts(texts)


def _texts(texts: Sequence[Any]) -> Digests:
    return _each(len(texts), lambda i: str(texts[i]).encode(errors="surrogatepass"))


def _each(n: int, content: Callable[[int], bytes]) -> Digests:
    found = np.empty(n, dtype=np.uint64)
    for i in range(n):
        found[i] = _digest(content(i))
    return found


def _digest(content: bytes) -> int:
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "little")


def _file_digests(files: MediaFiles) -> Digests:
    from fsspec.core import url_to_fs

    if len(files) == 0:
        return np.empty(0, dtype=np.uint64)
    system, _ = url_to_fs(files.location(0))
    paths = [system._strip_protocol(files.location(i)) for i in range(len(files))]  # noqa: SLF001 - fsspec's own way
    try:
        sizes = system.sizes(paths)
        times = Counter(sizes)
        return _each(
            len(paths),
            lambda i: (
                system.cat_file(paths[i]) if times[sizes[i]] > 1 else f"{sizes[i]} bytes, alone".encode()
            ),
        )
    except OSError as error:
        raise InputError(
            f"a file of the data set cannot be read: {error}", hint="check that it is still there"
        ) from error
