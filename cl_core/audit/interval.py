"""Intervals for the noise rate from stratified audits of fixed size. No plans, no decisions."""

from collections.abc import Callable

import numpy as np

from cl_core.audit.distribution import Grid
from cl_core.audit.likelihood import log_likelihood, most_likely_wrong
from cl_core.audit.roots import crossings
from cl_core.types import FloatArray, Indices, Mask

# Audits handled at once: their distributions stay within a few megabytes.
_BLOCK = 512
# An endpoint is found to a hundredth of a percentage point.
_TOLERANCE = 1e-4
# The log odds of the coarsest stratum are tilted by at most this.
_FARTHEST = 12.0
_TILTS = 4
_SMALLEST = 1e-12


def audit_intervals(
    wrong: FloatArray, audited: FloatArray, sizes: FloatArray, *, confidence: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Estimate the rate of wrong labels and its interval from each of several audits of one design.

    Parameters
    ----------
    wrong
        Rows found wrong, shape ``(b, h)``: `b` audits of `h` strata.
    audited, sizes
        Rows audited, at least one, and rows in each stratum, shape ``(h,)``.
    confidence
        Nominal coverage in 0..1.

    Returns
    -------
    tuple of three float arrays, shape (b,)
        The estimate (each stratum's share weighted by its size: unbiased) and the interval's ends: the
        rates that `two_sided_p_values` does not refute. When every row was audited all three agree.

    Examples
    --------
    >>> found, audited, sizes = np.array([[8.0, 1.0]]), np.array([20.0, 40.0]), np.array([100.0, 900.0])
    >>> [round(float(x[0]), 3) for x in audit_intervals(found, audited, sizes, confidence=0.95)]
    [0.062, 0.035, 0.138]
    """
    total = sizes.sum()
    estimate = (wrong / audited * sizes).sum(axis=1) / total
    least = wrong.sum(axis=1) / total
    most = 1 - (audited - wrong).sum(axis=1) / total

    def doubt(rates: FloatArray, rows: Indices) -> FloatArray:
        chance = two_sided_p_values(wrong[rows], audited, sizes, rates)
        return np.asarray(np.log(np.maximum(chance, _SMALLEST) / (1 - confidence)))

    _, low = crossings(doubt, estimate, least, tolerance=_TOLERANCE)
    _, high = crossings(
        doubt, estimate, _outside(doubt, estimate, most, audited, sizes), tolerance=_TOLERANCE
    )
    return estimate, np.minimum(low, estimate), np.maximum(high, estimate)


def _outside(
    doubt: Callable[[FloatArray, Indices], FloatArray],
    estimate: FloatArray,
    most: FloatArray,
    audited: FloatArray,
    sizes: FloatArray,
) -> FloatArray:
    """Find a refuted rate near the upper end, which is far nearer to the estimate than `most`."""
    reach = (sizes / audited).max() / sizes.sum()
    far, rows = np.minimum(most, estimate), np.arange(len(estimate))
    for _ in range(_TILTS):
        reach *= 4
        far[rows] = np.minimum(most[rows], estimate[rows] + reach)
        rows = rows[(doubt(far[rows], rows) > 0) & (far[rows] < most[rows])]
        if not len(rows):
            return far
    far[rows] = most[rows]
    return far


def two_sided_p_values(
    wrong: FloatArray, audited: FloatArray, sizes: FloatArray, rates: FloatArray
) -> FloatArray:
    """Test whether the noise rate can be `rates`, one test an audit.

    Parameters
    ----------
    wrong, audited, sizes
        As in `audit_intervals`.
    rates
        The rate to test for each audit, shape ``(b,)``.

    Returns
    -------
    float array, shape (b,)
        Mid-p values. The nuisance, how the wrong rows spread over the strata, is set to what the
        answers make most likely given the rate. Outcomes on the observed side count when the estimate
        is at least as far out; on the other side when the likelihood ratio is at least as large.

    References
    ----------
    Lee and Young (2005), Parametric bootstrapping with nuisance parameters; Lancaster (1961) for mid-p.
    """
    grid = Grid.of(audited, sizes)
    values = [
        _block_p_values(wrong[start : start + _BLOCK], audited, sizes, rates[start : start + _BLOCK], grid)
        for start in range(0, len(wrong), _BLOCK)
    ]
    return np.concatenate(values)


def _block_p_values(
    wrong: FloatArray, audited: FloatArray, sizes: FloatArray, rates: FloatArray, grid: Grid
) -> FloatArray:
    many = np.broadcast_to(audited, wrong.shape)
    population = most_likely_wrong(wrong, many, sizes, rates * sizes.sum())
    pmf = grid.pmf(population, audited, sizes)
    upto = np.cumsum(pmf, axis=1)
    rows, seen = np.arange(len(wrong)), grid.cell(wrong)
    here = pmf[rows, seen] / 2
    over = (wrong / audited * sizes).sum(axis=1) / sizes.sum() > rates
    mine = np.where(over, 1 - upto[rows, seen], upto[rows, seen] - 2 * here) + here
    mirror, reached = _mirror_images(wrong, many, sizes, population, over)
    cell = np.clip((mirror / grid.width).astype(np.intp), 0, grid.length - 1)
    half = pmf[rows, cell] / 2
    other = np.where(over, upto[rows, cell] - half, 1 - upto[rows, cell] + half)
    return np.asarray(np.clip(mine, 0, 1) + np.where(reached, np.clip(other, 0, 1), 0))


def _mirror_images(
    wrong: FloatArray, audited: FloatArray, sizes: FloatArray, population: FloatArray, over: Mask
) -> tuple[FloatArray, Mask]:
    """Find, on the other side of the tested rate, the estimate with the same likelihood ratio.

    Given that the estimate takes a value, the likeliest answers are those of an exponentially tilted
    population; the search runs along these. Returns the estimate and whether there is one.
    """
    total = population.sum(axis=1)
    observed = _likelihood_ratio(wrong, audited, sizes, total)
    steps = sizes / audited
    towards = np.where(over, -1.0, 1.0)[:, None] * steps / steps.max(axis=1, keepdims=True)
    share = np.clip(population / sizes, 1e-300, 1 - 1e-16)
    log_odds = np.log(share) - np.log1p(-share)

    def tilted(tilt: FloatArray) -> FloatArray:
        return np.asarray(1 / (1 + np.exp(-(log_odds + tilt[:, None] * towards))))

    def ratio(tilt: FloatArray) -> FloatArray:
        return _likelihood_ratio(audited * tilted(tilt), audited, sizes, total)

    spread = (audited * share * (1 - share) * towards**2).sum(axis=1)
    tilt = np.sqrt(observed / np.maximum(spread, 1e-300))
    for _ in range(_TILTS):
        tilt = np.clip(tilt, 0, _FARTHEST)
        # The root of the ratio is nearly proportional to the tilt, so that a few corrections do.
        tilt = tilt * np.clip(np.sqrt(observed / np.maximum(ratio(tilt), 1e-300)), 0.25, 4)
    mirror = (tilted(np.minimum(tilt, _FARTHEST)) * sizes).sum(axis=1) / sizes.sum()
    return mirror, ratio(np.full(len(wrong), _FARTHEST)) >= observed


def _likelihood_ratio(
    wrong: FloatArray, audited: FloatArray, sizes: FloatArray, total: FloatArray
) -> FloatArray:
    """Twice the log ratio of the best population to the best one with `total` wrong rows, at least 0."""
    free = np.clip(wrong / audited * sizes, wrong, sizes - (audited - wrong))
    # It only ranks the outcomes of the other side: the near solution does.
    bound = most_likely_wrong(wrong, audited, sizes, total, exact=False)
    gap = log_likelihood(wrong, audited, sizes, free) - log_likelihood(wrong, audited, sizes, bound)
    return np.asarray(np.maximum(2 * gap, 0))
