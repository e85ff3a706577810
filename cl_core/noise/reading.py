"""A disagreement curve read three ways: the rate and the ends of its interval. No sampling error.

All start from the *plateau*, the contradictions among the surest three tenths of rows. Where errors
strike every row alike, the curve is flat at the noise rate until the model itself begins to err; where
people err on hard rows, it climbs from the start. So the climb in the middle speaks for label errors
that the plateau misses, and the climb further down for errors of the model. The high end is an argument
and no fit: at most every contradicted label is wrong, unless the model has learnt the errors.

How much for which is fitted, on generated noise over other data and models than those the published
figures come from: ``benchmarks/noise_rate.py --fit`` prints the constants, docs/noise_rate.md says what
they rest on. Each reading of a flat curve at 0 is 0.
"""

from dataclasses import dataclass

from cl_core.noise.curve import SURE_STEPS, DisagreementCurve

# Median and 3rd percentile of the truth given the curve, by quantile regression over
# benchmarks/noise_bench.py; 7 % of the truths there lie above the disagreement. See `--fit`.
RATE_MIDDLE, RATE_LATE = 0.45, -0.14
LOW_PLATEAU, LOW_SURPLUS = -0.30, -0.15


@dataclass(frozen=True, slots=True)
class Terms:
    """What is read off a curve.

    Attributes
    ----------
    plateau
        Contradictions among the surest three tenths of rows, in 0..1.
    plateau_spread
        ``plateau * (1 - plateau)``: zero where the surest rows are all right or all wrong.
    middle, late, surplus
        How far tenths 4 to 6, tenths 7 and 8, and all rows lie above the plateau; in -1..1.
    """

    plateau: float
    plateau_spread: float
    middle: float
    late: float
    surplus: float


def terms(curve: DisagreementCurve) -> Terms:
    """Read the terms off a curve."""
    plateau = curve.part(0, SURE_STEPS - 1)
    return Terms(
        plateau=plateau,
        plateau_spread=plateau * (1 - plateau),
        middle=curve.part(3, 5) - plateau,
        late=curve.part(6, 7) - plateau,
        surplus=curve.disagreement - plateau,
    )


def readings(curve: DisagreementCurve) -> tuple[float, float, float]:
    """Return rate, low and high in 0..1, ``low <= rate <= high``; the ends hold 90 % of the truths."""
    t = terms(curve)
    rate = t.plateau + RATE_MIDDLE * t.middle + RATE_LATE * t.late
    low = t.plateau + LOW_PLATEAU * t.plateau_spread + LOW_SURPLUS * t.surplus
    rate = min(1.0, max(0.0, rate))
    return rate, max(0.0, min(low, rate)), max(curve.disagreement, rate)
