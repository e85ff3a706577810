"""What the answers say about the number of wrong labels: constrained likelihoods. No decisions.

A stratum of ``N`` rows with ``K`` wrong ones, of which ``n`` were drawn without replacement and ``k``
found wrong, gives the answers in any one order the probability

    K (K-1) ... (K-k+1)  (N-K) (N-K-1) ... (N-K-m+1)  /  N (N-1) ... (N-n+1),      m = n - k.
"""

import numpy as np

from cl_core.audit.roots import crossings
from cl_core.types import FloatArray, Indices

# The multiplier is sought on -1..1 (then stretched to the whole line); what the tolerance leaves of
# the total is shared out by interpolation. In the worst of 4,000 draws the log likelihood fell short of
# its maximum by 0.0005; with a tolerance of 1e-3 by 0.004.
_TOLERANCE = 1e-5
_EDGE = 1 - 1e-12
# Corrections end when no stratum moves by a thousandth of a row.
_CORRECTIONS = 60
_STILL = 1e-3
# The most by which the log likelihood at `most_likely_wrong` can fall short of its maximum.
LEFT_TO_GAIN = 1e-3


def most_likely_wrong(
    wrong: FloatArray, audited: FloatArray, sizes: FloatArray, total: FloatArray, *, exact: bool = True
) -> FloatArray:
    """Share `total` wrong rows out over the strata in the way most likely given the answers.

    Parameters
    ----------
    wrong, audited
        Rows found wrong and rows audited, shape ``(b, h)``: `b` audits of `h` strata.
    sizes
        Rows in each stratum, shape ``(h,)``.
    total
        Wrong rows in the whole data set, shape ``(b,)``, between what was found wrong and what was
        not found right; outside it the nearest possible number is taken.
    exact
        Whether to go on where a good part of a stratum was audited, see the notes.

    Returns
    -------
    float array, shape (b, h)
        Wrong rows in each stratum, between `wrong` and ``sizes - (audited - wrong)``. Strata without
        an answer take what is left, in equal shares of their sizes.

    Notes
    -----
    The logarithm of a falling factorial of ``k`` terms is at most ``k log(K - (k - 1) / 2)`` by
    Jensen's inequality, so the problem becomes a binomial one in shifted counts: one quadratic a
    stratum, one multiplier for all, found by bisection. Where a good part of a stratum was audited
    that is not close enough, and the problem is solved again with counts that have the exact slope
    there. What is left costs the log likelihood less than `LEFT_TO_GAIN`.
    """
    right = audited - wrong
    shift, spare = _shifts(wrong), _shifts(right)
    room = np.maximum(sizes - shift - spare, 1)
    shared = _shared_out(wrong, right, wrong, right, sizes, total)
    # Jensen's gap is at most k ** 3 / (24 M ** 2) for k terms around M.
    gaps = (wrong**3 + right**3) / (24 * room**2)
    rows = np.flatnonzero(gaps.sum(axis=1) > LEFT_TO_GAIN / 2)
    for step in range(_CORRECTIONS if exact else 0):
        if not len(rows):
            break
        pull = _pulls(shared[rows], wrong[rows]), _pulls(sizes - shared[rows], right[rows])
        moved = _shared_out(wrong[rows], right[rows], *pull, sizes, total[rows])
        still = np.abs(moved - shared[rows]).max(axis=1) > _STILL
        # Ever shorter steps keep the corrections of nearly complete strata from swinging.
        shared[rows] += (moved - shared[rows]) / (1.5 + step / 4)
        rows = rows[still]
    return np.asarray(shared)


def _shared_out(
    wrong: FloatArray,
    right: FloatArray,
    pull_wrong: FloatArray,
    pull_right: FloatArray,
    sizes: FloatArray,
    total: FloatArray,
) -> FloatArray:
    """Solve the binomial problem in shifted counts, where the answers pull as hard as is said."""
    shift = _shifts(wrong)
    room = np.maximum(sizes - shift - _shifts(right), 0)
    scale = (wrong + right).sum(axis=1) / sizes.sum()

    def at(point: FloatArray, rows: Indices) -> FloatArray:
        point = np.clip(point, -_EDGE, _EDGE)
        pull = (scale[rows] * point / (1 - np.abs(point)))[:, None] * room[rows]
        free = shift[rows] + room[rows] * _root(pull, pull_wrong[rows], (pull_wrong + pull_right)[rows])
        return np.clip(free, wrong[rows], sizes - right[rows])

    def excess(point: FloatArray, rows: Indices) -> FloatArray:
        return np.asarray(at(point, rows).sum(axis=1) - total[rows])

    every, ones = np.arange(len(wrong)), np.ones(len(wrong))
    rising = excess(np.zeros(len(wrong)), every) > 0
    above, below = crossings(
        excess, np.where(rising, 0, -ones), np.where(rising, ones, 0), tolerance=_TOLERANCE
    )
    most, least = at(above, every), at(below, every)
    gap = (most - least).sum(axis=1)
    part = np.divide(total - least.sum(axis=1), gap, out=np.zeros_like(gap), where=gap > 0)
    return np.asarray(least + np.clip(part, 0, 1)[:, None] * (most - least))


def _pulls(population: FloatArray, found: FloatArray) -> FloatArray:
    """Give the count whose binomial likelihood has the slope of the exact one at `population`."""
    from scipy.special import psi

    slope = psi(population + 1) - psi(population - found + 1)
    return np.asarray(slope * np.maximum(population - _shifts(found), 0))


def log_likelihood(
    wrong: FloatArray, audited: FloatArray, sizes: FloatArray, population: FloatArray
) -> FloatArray:
    """Logarithm of the probability of the answers in their order, given the wrong rows of each stratum.

    Shapes are those of `most_likely_wrong`, `population` and the result being its ``(b, h)`` and ``(b,)``.
    Numbers between whole ones are understood by the gamma function.
    """
    from scipy.special import gammaln

    right = audited - wrong
    clear = sizes - population
    found = gammaln(population + 1) - gammaln(population - wrong + 1)
    cleared = gammaln(clear + 1) - gammaln(clear - right + 1)
    orders = gammaln(sizes + 1) - gammaln(sizes - audited + 1)
    return np.asarray((found + cleared - orders).sum(axis=1))


def _shifts(count: FloatArray) -> FloatArray:
    return np.asarray(np.maximum(count - 1, 0) / 2)


def _root(pull: FloatArray, wrong: FloatArray, audited: FloatArray) -> FloatArray:
    """Solve ``wrong / x - (audited - wrong) / (1 - x) = pull`` for x in 0..1, without cancellation."""
    slope = pull + audited
    root = np.sqrt(np.maximum(slope * slope - 4 * pull * wrong, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        rising = 2 * wrong / (slope + root)
        falling = (slope - root) / (2 * pull)
    solution = np.where(slope >= 0, rising, falling)
    return np.where(np.isnan(solution), 0.0, np.clip(solution, 0, 1))
