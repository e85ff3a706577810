"""LN007, LN009 and LN010: this run beside the last accepted one, by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cl_checks.classes import ClassesOptions, check_classes
from cl_checks.compared import difference, shift_distance
from cl_checks.label_shift import LabelShiftOptions, check_label_shift
from cl_checks.noise_increase import NoiseIncreaseOptions, check_noise_increase
from cl_checks.rates import Rate
from cl_core import Baseline, ClassFigures, Context, Evidence, Failed, NoiseEstimate, Passed, Undecided

Make = Callable[..., Evidence]
ALL: tuple[Any, ...] = (
    (check_noise_increase, NoiseIncreaseOptions()),
    (check_classes, ClassesOptions()),
    (check_label_shift, LabelShiftOptions()),
)


def then(
    rate: float = 0.04, low: float = 0.02, high: float = 0.06, rows: Any = None, rates: Any = None
) -> Baseline:
    """Build an accepted run; `rows` by class, each class with `rates` or the total's figures."""
    figures = None
    if rows is not None:
        own = dict.fromkeys(rows, (rate, low, high)) | (rates or {})
        figures = tuple(ClassFigures(name, n, *own[name]) for name, n in rows.items())
    total = sum(rows.values()) if rows else 200
    return Baseline(
        "20260101-000000-first", "2026-01-01", total, rate, low, high, "hand", "", 0.95, 0, figures
    )


def after(evidence: Evidence, baseline: Baseline | None) -> Evidence:
    return replace(evidence, context=Context(baseline=baseline))


def test_a_first_run_is_told_so_and_passes(evidence: Make) -> None:
    """Nothing to compare with is said, not failed."""
    for check, options in ALL:
        outcome = check(after(evidence(), None), options)
        assert isinstance(outcome, Passed)
        assert "no accepted run" in outcome.says


def test_an_old_record_without_classes_is_told_so(evidence: Make) -> None:
    """A database of an earlier labelgate kept the total only: it is compared, and the rest is said."""
    for check, options in ALL[1:]:
        assert "earlier labelgate" in check(after(evidence(), then()), options).says
    assert isinstance(check_noise_increase(after(evidence(), then()), NoiseIncreaseOptions()), Passed)


@pytest.mark.parametrize(
    ("now", "before", "allowed", "outcome"),
    [
        ((0.04, 0.02, 0.06), (0.04, 0.02, 0.06), 0.0, Passed),
        ((0.10, 0.05, 0.15), (0.04, 0.02, 0.09), 0.0, Passed),  # 6 points, but sqrt(5^2 + 5^2) = 7.1 in doubt
        ((0.12, 0.09, 0.15), (0.04, 0.02, 0.08), 0.0, Failed),  # 8 points, 5 in doubt: at least 3
        ((0.12, 0.09, 0.15), (0.04, 0.02, 0.08), 0.03, Passed),
        ((0.12, 0.09, 0.15), (0.04, 0.02, 0.08), 0.029, Failed),
        ((0.01, 0.00, 0.02), (0.20, 0.15, 0.25), 0.0, Passed),
    ],
)
def test_only_a_rise_beyond_chance_fails(
    evidence: Make, noise: Callable[..., NoiseEstimate], now: Any, before: Any, allowed: float, outcome: type
) -> None:
    """The lower end of the difference is what is held against the allowed increase."""
    found = after(evidence(noise(*now)), then(*before))
    assert type(check_noise_increase(found, NoiseIncreaseOptions(max_increase=allowed + 1e-12))) is outcome


def test_a_rise_in_one_class_is_named(evidence: Make, noise: Callable[..., NoiseEstimate]) -> None:
    """The total stands still within its interval while class-0 goes from 0 to 40 %."""
    joint = np.array([[600, 400], [0, 19000]]) / 20000
    large = replace(
        evidence(replace(noise(0.02, 0.019, 0.022), joint=joint, n_rows=20000)),
        class_table=pd.DataFrame({"label": ["class-0", "class-1"], "rows": [1000, 19000]}),
    )
    figures = {"class-0": (0.0, 0.0, 0.01), "class-1": (0.02, 0.018, 0.022)}
    before = then(0.019, 0.017, 0.021, {"class-0": 1000, "class-1": 19000}, figures)
    outcome = check_noise_increase(after(large, before), NoiseIncreaseOptions())
    assert isinstance(outcome, Failed)
    assert [breach.where for breach in outcome.breaches] == [(("class", "class-0"),)]
    total_only = NoiseIncreaseOptions(per_class=False)
    assert isinstance(check_noise_increase(after(large, before), total_only), Passed)


def test_a_rate_that_is_not_identified_is_no_pass(
    evidence: Make, noise: Callable[..., NoiseEstimate]
) -> None:
    """Nobody knows whether it rose."""
    vague = after(evidence(noise(identified=False, reason="weak")), then())
    assert isinstance(check_noise_increase(vague, NoiseIncreaseOptions()), Undecided)


@pytest.mark.parametrize(
    ("rows", "options", "objections"),
    [
        ({"class-0": 100, "class-1": 100}, {}, []),
        ({"class-0": 100}, {}, ["class-1"]),  # new
        ({"class-0": 100, "class-1": 0}, {}, ["class-1"]),  # known before, but without rows
        ({"class-0": 100}, {"allow_new": True}, []),
        (
            {"class-0": 100, "class-1": 80, "old": 20},
            {},
            ["old"],
        ),  # a tenth: not missed in 200 rows by chance
        ({"class-0": 100, "class-1": 80, "old": 20}, {"allow_vanished": True}, []),
        ({"class-0": 9990, "class-1": 10_000, "old": 10}, {}, []),  # 1 in 2000 rows: well missed in 200
    ],
)
def test_new_and_vanished_classes(
    evidence: Make, rows: dict[str, int], options: dict[str, bool], objections: list[str]
) -> None:
    """Two classes of 120 and 80 rows, held against those of the accepted run."""
    outcome = check_classes(after(evidence(), then(rows=rows)), ClassesOptions(**options))
    assert [value for breach in outcome.breaches for _, value in breach.where] == objections
    assert type(outcome) is (Failed if objections else Passed)
    if rows.get("old") == 10:
        assert "may be chance: old" in outcome.says


def test_a_shift_is_measured_beyond_chance(evidence: Make) -> None:
    """60 % to 40 % here, 10 % to 90 % before on many rows: half the labels moved, 12 points are chance."""
    before = then(rows={"class-0": 10_000, "class-1": 90_000})
    outcome = check_label_shift(after(evidence(), before), LabelShiftOptions(max_shift=0.3))
    assert isinstance(outcome, Failed)
    seen, beyond = shift_distance(np.array([120.0, 80.0]), np.array([1e4, 9e4]), level=0.05)
    assert seen == pytest.approx(0.5)
    # sqrt(.6*.4/200) + sqrt(.1*.9/1e5), and sqrt(ln(20)/2 * (1/200 + 1e-5)).
    assert beyond == pytest.approx(0.5 - 0.03464 - 0.00095 - 0.08664, abs=1e-4)
    same = then(rows={"class-0": 60, "class-1": 40})
    assert isinstance(check_label_shift(after(evidence(), same), LabelShiftOptions(max_shift=0.0)), Passed)


def test_the_same_distribution_hardly_ever_alarms() -> None:
    """At a limit of 0 and a level of 5 %, 500 pairs of samples raise fewer than 25 alarms."""
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.ones(20))
    pairs = [(rng.multinomial(300, shares), rng.multinomial(2000, shares)) for _ in range(500)]
    assert sum(shift_distance(a.astype(float), b.astype(float), level=0.05)[1] > 0 for a, b in pairs) < 25


rates = (
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
    .map(sorted)
    .map(lambda ends: Rate(ends[1], ends[0], ends[2]))
)


@given(now=rates, before=rates)
def test_a_difference_lies_in_its_interval_and_turns_with_its_runs(now: Rate, before: Rate) -> None:
    """Swapping the runs swaps the ends and the sign."""
    one, other = difference(now, before), difference(before, now)
    assert one.low <= one.rise <= one.high
    assert (one.low, one.high) == (-other.high, -other.low)
