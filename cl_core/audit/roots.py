"""Many one-dimensional crossings found at once. Knows nothing of audits."""

from collections.abc import Callable

import numpy as np

from cl_core.types import FloatArray, Indices

# Every third step halves the bracket, whatever the secant says: 60 steps shrink it by 2 ** 20 at worst.
_STEPS = 60
_HALVE_EVERY = 3


def crossings(
    height: Callable[[FloatArray, Indices], FloatArray],
    above: FloatArray,
    below: FloatArray,
    *,
    tolerance: float,
) -> tuple[FloatArray, FloatArray]:
    """Narrow brackets around the points where functions change from positive to not positive.

    Parameters
    ----------
    height
        Called with points and the numbers of the functions they belong to, both of shape ``(m,)``.
    above, below
        Points of shape ``(b,)`` where the functions are taken to be positive and not positive,
        in either order on the line.
    tolerance
        A bracket at most this wide is left alone.

    Returns
    -------
    tuple of two float arrays, shape (b,)
        The narrowed `above` and `below`. A function that jumps ends with the jump between them.

    Examples
    --------
    >>> above, below = crossings(lambda x, _: 2 - x * x, np.array([0.0]), np.array([2.0]), tolerance=1e-9)
    >>> bool(above[0] <= 2**0.5 <= below[0])
    True
    """
    above, below = np.array(above, dtype=np.float64), np.array(below, dtype=np.float64)
    rows = np.flatnonzero(np.abs(above - below) > tolerance)
    high, low = np.ones(len(above)), -np.ones(len(above))
    if len(rows):
        high[rows], low[rows] = height(above[rows], rows), height(below[rows], rows)
    for step in range(_STEPS):
        rows = rows[np.abs(above[rows] - below[rows]) > tolerance]
        if not len(rows):
            break
        with np.errstate(divide="ignore", invalid="ignore"):
            share = high[rows] / (high[rows] - low[rows])
        if step % _HALVE_EVERY == _HALVE_EVERY - 1:
            share = np.full(len(rows), 0.5)
        # A point a hair beyond the secant's lands on the other side of the crossing more often than not.
        share = np.clip(np.where(np.isfinite(share), share, 0.5), 1e-6, 1 - 1e-6)
        point = above[rows] + share * (below[rows] - above[rows])
        value = height(point, rows)
        up, down = rows[value > 0], rows[value <= 0]
        above[up], high[up], low[up] = point[value > 0], value[value > 0], low[up] / 2
        below[down], low[down], high[down] = point[value <= 0], value[value <= 0], high[down] / 2
    return above, below
