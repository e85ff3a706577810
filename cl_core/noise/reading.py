"""A disagreement curve read by its likes: what was true of settings with known errors that look the same.

What is read off are four terms. The *plateau*, the contradictions among the surest three tenths of rows,
is the whole rate where errors strike every row alike. Where people err on hard rows, the curve climbs from
the start (*middle*); where the model errs by itself, further down (*late*). The confident joint counts the
model's errors on right labels and misses hardly any of people's: how far it lies above the plateau says
how much can be hidden (*confident*).

How far the truth lies above the plateau is looked up among settings of the development bench, other data and
models than those the published figures come from: ``known.csv``, drawn by ``benchmarks/noise_rate.py --fit``;
docs/noise_rate.md says what it rests on.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from cl_core.noise.curve import SURE_STEPS, DisagreementCurve
from cl_core.types import FloatArray

# Fewer neighbours make the ends of nine tenths a matter of one or two settings, more blur the terms.
_NEIGHBOURS = 50


@dataclass(frozen=True, slots=True)
class Terms:
    """What is read off a curve.

    Attributes
    ----------
    plateau
        Contradictions among the surest three tenths of rows, in 0..1.
    middle, late
        How far tenths 4 to 6 and tenths 7 and 8 lie above the plateau; in -1..1.
    confident
        How far the rate of the calibrated confident joint lies above the plateau; in -1..1.
    """

    plateau: float
    middle: float
    late: float
    confident: float


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Settings with known label errors: `terms` of shape (m, 4), `truth` and `weight` of shape (m,)."""

    terms: FloatArray
    truth: FloatArray
    weight: FloatArray


@cache
def known() -> Known:
    """Read the settings of the development bench that come with the package."""
    with files("cl_core.noise").joinpath("known.csv").open(encoding="utf-8") as lines:
        table = np.loadtxt(lines, delimiter=",", skiprows=1)
    return Known(table[:, :4], table[:, 4], table[:, 5])


def terms(curve: DisagreementCurve, confident: float) -> Terms:
    """Read the terms off a curve; `confident` is the rate of the calibrated confident joint, in 0..1."""
    plateau = curve.part(0, SURE_STEPS - 1)
    return Terms(plateau, curve.part(3, 5) - plateau, curve.part(6, 7) - plateau, confident - plateau)


def readings(found: Terms, settings: Known, confidence: float) -> tuple[float, float, float]:
    """Return rate, low and high in 0..1, ``low <= rate <= high``, without sampling error.

    The 50 nearest settings count by their nearness and their weight on the bench. The rate is the
    median of how far the truth lay above their plateaus, the ends hold `confidence` of them.
    """
    own = np.array([found.plateau, found.middle, found.late, found.confident])
    seen, here = _stretched(settings.terms), _stretched(own)
    middle = np.average(seen, axis=0, weights=settings.weight)
    spread = np.sqrt(np.average((seen - middle) ** 2, axis=0, weights=settings.weight))
    away = np.sqrt((((seen - here) / spread) ** 2).sum(axis=1))
    reach = np.partition(away, _NEIGHBOURS)[_NEIGHBOURS] + 1e-9  # not 0 among many equal settings
    weight = settings.weight * np.maximum(0.0, 1.0 - (away / reach) ** 2)
    above = settings.truth - settings.terms[:, 0]
    order = np.argsort(above, kind="stable")
    share = np.cumsum(weight[order])
    at = np.array([0.5, (1 - confidence) / 2, (1 + confidence) / 2]) * share[-1]
    rate, low, high = np.clip(found.plateau + above[order][np.searchsorted(share, at)], 0.0, 1.0)
    return float(rate), float(low), float(high)


def _stretched(share: FloatArray) -> FloatArray:
    """Square roots with their signs: a point of noise is much near 0 and little at 30 %."""
    return np.asarray(np.sign(share) * np.sqrt(np.abs(share)))
