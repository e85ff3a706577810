"""Largest entry of each row of a block and where it stands, in whole-array steps. No labels."""

import numpy as np
from numpy.typing import NDArray

from cl_core.engine.plan import Scratch
from cl_core.types import Probs

# Up to this many classes a block is turned round (classes down, rows across), because NumPy's reductions
# along a short last axis cost more for each row than for each number.
TURN_UP_TO = 24


def class_type(k: int) -> np.dtype[np.unsignedinteger]:
    """Smallest unsigned type that holds the class numbers ``0..k-1`` and `k` itself."""
    return np.dtype(np.min_scalar_type(k))


def turned(block: Probs, scratch: Scratch, dtype: np.dtype[np.floating]) -> Probs:
    """Copy a block (rows, classes) to scratch as (classes, rows), widened to `dtype`."""
    columns = scratch.get("turned", block.shape[::-1], dtype)
    np.copyto(columns, block.T)
    return columns


def best_down(columns: Probs, scratch: Scratch) -> tuple[Probs, NDArray[np.uint8]]:
    """Largest entry of each column of (classes, rows) and its class, the lowest among equals.

    NaN never equals anything: a column with NaN gets class k.
    """
    k, rows = columns.shape
    largest = np.maximum.reduce(columns, axis=0)
    backwards = np.zeros(rows, dtype=np.uint8)
    same = scratch.get("same", (rows,), np.bool_)
    code = scratch.get("code", (rows,), np.uint8)
    for j in range(k):
        np.equal(columns[j], largest, out=same)
        np.multiply(same.view(np.uint8), np.uint8(k - j), out=code)
        np.maximum(backwards, code, out=backwards)
    return largest, np.subtract(np.uint8(k), backwards, out=backwards)


def best_across(block: Probs) -> tuple[Probs, NDArray[np.intp]]:
    """Largest entry of each row of (rows, classes) and its class, the lowest among equals."""
    classes = block.argmax(axis=1)
    flat = np.arange(0, block.size, block.shape[1])
    flat += classes
    return block.reshape(-1).take(flat), classes
