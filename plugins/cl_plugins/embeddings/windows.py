"""Windows of a sound, as frames of samples or of a spectrogram, to be averaged over. Runs no network."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray


def window_starts(n_frames: int, window: int, step: float) -> list[int]:
    """First frames of windows that lie `step` of a window apart; the last one ends with the sound.

    Examples
    --------
    >>> window_starts(10, 4, 0.5)
    [0, 2, 4, 6]
    >>> window_starts(9, 4, 1.0)
    [0, 4, 5]
    >>> window_starts(3, 4, 0.5)
    [0]
    """
    last = max(0, n_frames - window)
    starts = list(range(0, last + 1, max(1, round(step * window))))
    return starts if starts[-1] == last else [*starts, last]


def windows(frames: NDArray[np.float32], window: int, step: float) -> NDArray[np.float32]:
    """Cut frames, shape (t, ...), into windows, shape (w, window, ...); a shorter sound ends in zeros."""
    if len(frames) < window:
        missing = np.zeros((window - len(frames), *frames.shape[1:]), dtype=np.float32)
        frames = np.concatenate([frames, missing])
    return np.stack([frames[start : start + window] for start in window_starts(len(frames), window, step)])


def chunks(rows: NDArray[Any], size: int, *, whole: bool) -> Iterator[tuple[NDArray[Any], int]]:
    """Yield `size` rows at a time and how many of them count; `whole` fills the last ones with zeros."""
    for start in range(0, len(rows), size):
        chunk = rows[start : start + size]
        n = len(chunk)
        if whole and n < size:
            chunk = np.concatenate([chunk, np.zeros((size - n, *rows.shape[1:]), dtype=rows.dtype)])
        yield chunk, n
