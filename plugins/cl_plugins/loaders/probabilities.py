"""Gathers columns of probabilities block by block into one array. Checks no sums: cl_core does."""

from collections.abc import Iterator, Sequence
from itertools import chain
from tempfile import TemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cl_core.errors import InputError
from cl_core.types import Mask, Probs
from cl_plugins.loaders.open_table import Blocks

# Beyond this the array lies in a temporary file, which the system may write out when memory is short.
_MOST_BYTES_IN_MEMORY = 2 << 30


def gather(columns: dict[str, str], classes: Sequence[str], labelled: Mask, numbers: Blocks) -> Probs:
    """Return the probabilities of the labelled rows, shape ``(m, k)``, columns in the order of `classes`.

    Single precision stays single where every column is; everything else becomes double.
    """
    without = [name for name in classes if name not in columns]
    if without:
        raise InputError(
            f"class {without[0]!r} has no column of probabilities",
            hint=f"classes with a column: {', '.join(columns)}",
        )
    try:
        return _fill(numbers([columns[name] for name in classes]), labelled, len(classes))
    except (TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"the columns of probabilities hold something else than numbers: {error}",
            hint="name the columns that predict_proba gave",
        ) from error


def _fill(blocks: Iterator[NDArray[Any]], labelled: Mask, k: int) -> Probs:
    first = next(blocks)
    out = _room((int(labelled.sum()), k), first.dtype)
    seen = filled = 0
    for block in chain([first], blocks):
        kept = block[labelled[seen : seen + len(block)]]
        out[filled : filled + len(kept)] = kept
        seen, filled = seen + len(block), filled + len(kept)
    if seen != len(labelled):
        raise InputError(
            f"the table gave {len(labelled):,} rows and then {seen:,}",
            hint="it changed while it was read: try again",
        )
    return out


def _room(shape: tuple[int, int], dtype: np.dtype[Any]) -> Probs:
    if shape[0] * shape[1] * dtype.itemsize <= _MOST_BYTES_IN_MEMORY:
        return np.empty(shape, dtype)
    with TemporaryFile(prefix="labelgate-") as file:  # the map keeps it, without a name, while it is in use
        room: Probs = np.memmap(file, dtype, "w+", shape=shape)
        return room
