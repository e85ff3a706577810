"""Two runs side by side: differences with intervals that take both runs' doubt in. No limits."""

from dataclasses import dataclass
from math import hypot

import numpy as np

from cl_checks.rates import Rate
from cl_core.baseline import Baseline
from cl_core.errors import ConfigError
from cl_core.evidence import Evidence
from cl_core.types import FloatArray
from cl_core.verdict import Passed


@dataclass(frozen=True, slots=True)
class Difference:
    """How far a rate rose, and the interval of the rise; negative where it fell."""

    rise: float
    low: float
    high: float


def difference(now: Rate, then: Rate) -> Difference:
    """Join the intervals of two rates to one of their difference.

    The method of variance estimates recovery, which squares and adds the distances to the interval
    ends (Newcombe 1998, Statistics in Medicine 17, 873-890, method 10; Zou and Donner 2008, Statistics
    in Medicine 27, 1693-1702). Runs that share rows differ less by chance than it allows for, so it
    errs on the quiet side.

    Examples
    --------
    >>> found = difference(Rate(0.10, 0.07, 0.13), Rate(0.05, 0.01, 0.09))
    >>> round(found.rise, 2), round(found.low, 2), round(found.high, 2)
    (0.05, 0.0, 0.1)
    """
    rise = now.rate - then.rate
    low = rise - hypot(now.rate - now.low, then.high - then.rate)
    high = rise + hypot(now.high - now.rate, then.rate - then.low)
    return Difference(rise, low, high)


def shift_distance(now: FloatArray, then: FloatArray, *, level: float) -> tuple[float, float]:
    """Total variation distance of two label distributions, and what is left of it beyond chance.

    Parameters
    ----------
    now, then
        Rows of each class in both runs, shape (k,), each with a positive sum.
    level
        Chance, at most, that the lower end is over the true distance.

    Returns
    -------
    tuple of float
        The distance, half the sum of absolute differences of the shares, in 0..1; and a lower end for the
        distance of the distributions behind the rows: less the mean distance that sampling makes by itself
        (Jensen: half the sum of the shares' standard errors) and less its fluctuation (McDiarmid 1989:
        one row moves the distance by at most 1/n).
    """
    n, m = now.sum(), then.sum()
    p, q = now / n, then / m
    seen = float(np.abs(p - q).sum() / 2)
    by_chance = float((np.sqrt(p * (1 - p) / n) + np.sqrt(q * (1 - q) / m)).sum() / 2)
    fluctuation = float(np.sqrt(np.log(1 / level) / 2 * (1 / n + 1 / m)))
    return seen, max(0.0, seen - by_chance - fluctuation)


def no_baseline(code: str, name: str, evidence: Evidence, *, classes: bool) -> Passed | None:
    """Pass a first run, and say so; None where there is an accepted run to compare with.

    `classes` asks for the figures of every class as well, which runs recorded long ago lack.
    """
    baseline = evidence.context.baseline
    if baseline is None:
        says = "There is no accepted run of this data set yet to compare with: the first that passes will be."
        return Passed(code, name, says)
    if classes and baseline.classes is None:
        says = (
            f"The last accepted run, {baseline.run_id}, was recorded by an earlier labelgate that kept no "
            "figures of classes: nothing to compare with until the next run passes."
        )
        return Passed(code, name, says)
    return None


def class_rows_then(baseline: Baseline) -> dict[str, int]:
    """Rows of each class of the accepted run, by name."""
    if baseline.classes is None:  # callers ask `no_baseline` first
        raise ConfigError(
            f"run {baseline.run_id} kept no figures of classes", hint="compare with a later run"
        )
    return {figures.label: figures.rows for figures in baseline.classes}
