"""The order of an audit, such that every beginning of it is a fair sample too. No statistics."""

from collections.abc import Sequence

import numpy as np

from cl_core.types import Indices


def apportion(
    shares: Sequence[float], room: Sequence[int], n_rows: int, start: Sequence[int] = ()
) -> Indices:
    """Say which stratum each next row of an audit comes from.

    Parameters
    ----------
    shares
        Share of the audit that each stratum should get, shape ``(h,)``.
    room
        Rows each stratum holds, shape ``(h,)``; a stratum that runs out leaves its share to the others.
    n_rows
        Rows to place.
    start
        Rows each stratum has given already.

    Returns
    -------
    int array
        Stratum of each row, `n_rows` long or shorter when all rows are used up. After any number of
        rows each stratum is within one row of its due, as long as none has run out.

    Examples
    --------
    >>> apportion([0.5, 0.25, 0.25], [10, 10, 10], 8).tolist()
    [0, 1, 2, 0, 0, 1, 2, 0]
    """
    taken = list(start) or [0] * len(shares)
    order = []
    for _ in range(n_rows):
        # Divisor method of Webster: the next row goes where the most of the share is still due.
        due = [
            (2 * n + 1) / share if n < size and share > 0 else np.inf
            for n, size, share in zip(taken, room, shares, strict=True)
        ]
        best = min(range(len(due)), key=due.__getitem__)
        if due[best] == np.inf:
            break
        taken[best] += 1
        order.append(best)
    return np.asarray(order, dtype=np.intp)
