"""What the answers say about the number of wrong labels: constrained likelihoods. No decisions.

A stratum of ``N`` rows with ``K`` wrong ones, of which ``n`` were drawn without replacement and ``k``
found wrong, gives the answers in any one order the probability

    K (K-1) ... (K-k+1)  (N-K) (N-K-1) ... (N-K-m+1)  /  N (N-1) ... (N-n+1),      m = n - k.
"""

import numpy as np

from cl_core.audit.roots import crossings
from cl_core.types import FloatArray, Indices

# The multiplier is sought on -1..1 (then stretched to the whole line); what the tolerance leaves of
# the total is shared out by interpolation, which costs the log likelihood less than a millionth.
_TOLERANCE = 1e-3
_EDGE = 1 - 1e-12


def most_likely_wrong(
    wrong: FloatArray, audited: FloatArray, sizes: FloatArray, total: FloatArray
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

    Returns
    -------
    float array, shape (b, h)
        Wrong rows in each stratum, between `wrong` and ``sizes - (audited - wrong)``. Strata without
        an answer take what is left, in equal shares of their sizes.

    Notes
    -----
    The logarithm of a falling factorial of ``k`` terms is at most ``k log(K - (k - 1) / 2)`` by
    Jensen's inequality, so the problem becomes a binomial one in shifted counts: one quadratic a
    stratum, one multiplier for all, found by bisection.
    """
    right = audited - wrong
    shift, spare = _shifts(wrong), _shifts(right)
    room = sizes - shift - spare
    scale = audited.sum(axis=1) / sizes.sum()

    def at(point: FloatArray, rows: Indices) -> FloatArray:
        point = np.clip(point, -_EDGE, _EDGE)
        pull = (scale[rows] * point / (1 - np.abs(point)))[:, None] * room[rows]
        free = shift[rows] + room[rows] * _root(pull, wrong[rows], audited[rows])
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


def log_likelihood_bound(
    wrong: FloatArray, audited: FloatArray, sizes: FloatArray, population: FloatArray
) -> FloatArray:
    """Bound the log probability of the answers from above, given the wrong rows of each stratum.

    Returns
    -------
    float array, shape (b,)
        At least the exact log probability, and within ``k**3 / K**2`` of it.
    """
    from scipy.special import gammaln, xlogy

    right = audited - wrong
    found = xlogy(wrong, np.maximum(population - _shifts(wrong), 0))
    cleared = xlogy(right, np.maximum(sizes - population - _shifts(right), 0))
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
