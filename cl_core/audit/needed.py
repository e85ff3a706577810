"""How many rows an audit needs before it decides. No answers."""

import numpy as np
from numpy.typing import ArrayLike

from cl_core.audit.evidence import Bets, log_e_values
from cl_core.audit.strata import Strata
from cl_core.types import FloatArray


def rows_needed(
    strata: Strata,
    rates: ArrayLike,
    *,
    max_noise_rate: float,
    alpha: float = 0.05,
    beta: float = 0.05,
    wrong: FloatArray | None = None,
    audited: FloatArray | None = None,
) -> int:
    """Say about how many more rows settle whether the noise rate is under the limit.

    Parameters
    ----------
    strata
        The strata of the plan.
    rates
        What each stratum's noise rate is thought to be, shape ``(h,)``.
    max_noise_rate, alpha, beta
        As in `decide_from_audit`.
    wrong, audited
        Answers so far, shape ``(h,)``.

    Returns
    -------
    int
        The number of further rows after which answers that came out exactly as `rates` say would
        decide: near the median. All rows left when the rate is at the limit, for then nothing less helps.
    """
    sizes = np.asarray(strata.sizes, dtype=np.float64)
    rates = np.asarray(rates, dtype=np.float64)
    found = np.zeros(len(sizes)) if wrong is None else wrong
    done = np.zeros(len(sizes)) if audited is None else audited
    under = float(rates @ sizes / sizes.sum()) < max_noise_rate
    bets = Bets.on(strata, max_noise_rate, under=under, over=not under)
    bar = -np.log(alpha if under else beta)

    def decided(more: int) -> bool:
        extra = _spread(more, np.asarray(strata.shares), sizes - done)
        counts, rows = (found + np.rint(extra * rates))[None], (done + np.rint(extra))[None]
        gain = log_e_values(counts, rows, strata, bets, max_noise_rate=max_noise_rate, under=under)
        return bool(gain[0] >= bar)

    left = int((sizes - done).sum())
    step = 1
    while step < left and not decided(step):
        step *= 2
    short, enough = step // 2, min(step, left)
    while enough - short > 1:
        middle = (short + enough) // 2
        short, enough = (short, middle) if decided(middle) else (middle, enough)
    return enough


def _spread(rows: int, shares: FloatArray, room: FloatArray) -> FloatArray:
    """Share `rows` out over strata that hold `room`; what does not fit goes to the others."""
    extra = np.zeros(len(room))
    for _ in range(len(room)):
        open_shares = np.where(extra < room, shares, 0.0)
        left = rows - extra.sum()
        if left <= 0 or open_shares.sum() <= 0:
            break
        extra = np.minimum(extra + left * open_shares / open_shares.sum(), room)
    return extra
