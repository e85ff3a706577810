"""The few most probable classes of every row, found block by block. Reads no labels."""

from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST = 3
_BLOCK_CELLS = 2**20  # a block and its copy stay in the processor's cache, or near it


def top_classes(pred_probs: Any, most: int = MOST) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the `most` most probable classes of each row and their probabilities.

    Parameters
    ----------
    pred_probs
        Shape ``(n, k)``; may lie on disk, memory-mapped.
    most
        Classes wanted; all k where there are fewer.

    Returns
    -------
    tuple of (int32 array, float32 array)
        Shape ``(n, min(most, k))`` each, the most probable class first, the lowest number among equals.

    Examples
    --------
    >>> classes, probs = top_classes(np.array([[0.5, 0.25, 0.25], [0.0, 0.25, 0.75]]), 2)
    >>> classes.tolist(), probs.tolist()
    ([[0, 1], [2, 1]], [[0.5, 0.25], [0.75, 0.25]])
    """
    n, k = pred_probs.shape
    wanted = min(most, k)
    classes, probs = np.empty((n, wanted), np.int32), np.empty((n, wanted), np.float32)
    rows = max(1, _BLOCK_CELLS // max(1, k))

    def work(start: int) -> None:
        block = np.array(pred_probs[start : start + rows])
        here = np.arange(len(block))
        for place in range(wanted):
            best = block.argmax(axis=1)
            classes[start : start + rows, place] = best
            probs[start : start + rows, place] = block[here, best]
            block[here, best] = -1

    with ThreadPoolExecutor(cpu_count()) as pool:
        list(pool.map(work, range(0, n, rows)))
    return classes, probs
