"""LN001 against hand-made estimates."""

import math
from collections.abc import Callable
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cl_checks.noise_budget import NoiseBudgetOptions, audit_rows, check_noise_budget
from cl_core import Evidence, Failed, NoiseEstimate, Passed, Undecided

Make = Callable[..., Evidence]
MakeNoise = Callable[..., NoiseEstimate]
DecideOn = Literal["estimate", "confident"]


@pytest.mark.parametrize(
    ("rate", "low", "high", "decide_on", "outcome", "measured"),
    [
        (0.04, 0.02, 0.06, "estimate", Passed, 0.04),
        (0.05, 0.02, 0.06, "estimate", Passed, 0.05),  # equal to the limit passes
        (math.nextafter(0.05, 1), 0.02, 0.06, "estimate", Failed, math.nextafter(0.05, 1)),
        (0.06, 0.02, 0.07, "estimate", Failed, 0.06),
        (0.04, 0.02, 0.06, "confident", Undecided, 0.06),
        (0.06, 0.04, 0.07, "confident", Undecided, 0.07),
        (0.06, 0.05, 0.07, "confident", Undecided, 0.07),  # the whole interval must be over the limit
        (0.06, 0.051, 0.07, "confident", Failed, 0.051),
        (0.04, 0.03, 0.05, "confident", Passed, 0.05),
        (0.0, 0.0, 0.0, "confident", Passed, 0.0),
    ],
)
def test_the_rate_or_its_interval_decides(
    evidence: Make,
    noise: MakeNoise,
    rate: float,
    low: float,
    high: float,
    decide_on: DecideOn,
    outcome: type,
    measured: float,
) -> None:
    """At a limit of 5 % each row of the table concludes what was worked out by hand."""
    options = NoiseBudgetOptions(max_noise_rate=0.05, decide_on=decide_on)
    verdict = check_noise_budget(evidence(noise(rate, low, high)), options)
    assert type(verdict) is outcome
    assert (verdict.code, verdict.measured, verdict.limit) == ("LN001", measured, 0.05)
    assert bool(verdict.remedy) is (outcome is not Passed)


@pytest.mark.parametrize("decide_on", ["estimate", "confident"])
def test_a_rate_that_is_not_identified_never_passes(
    evidence: Make, noise: MakeNoise, decide_on: DecideOn
) -> None:
    """Under the limit it is undecided and says why; over the limit it still fails."""
    options = NoiseBudgetOptions(max_noise_rate=0.05, decide_on=decide_on)
    under = noise(0.01, 0.0, 0.02, identified=False, reason="two classes look alike")
    over = noise(0.20, 0.10, 0.30, identified=False)
    verdict = check_noise_budget(evidence(under), options)
    assert isinstance(verdict, Undecided)
    assert "two classes look alike" in verdict.says
    assert isinstance(check_noise_budget(evidence(over), options), Failed)


def test_a_product_owner_can_read_a_failure(evidence: Make, noise: MakeNoise) -> None:
    """The sentence holds rate, rows, interval and limit; the remedy says what to do with the flagged rows."""
    found = evidence(noise(0.098, 0.07, 0.13))
    verdict = check_noise_budget(found, NoiseBudgetOptions(max_noise_rate=0.05))
    assert verdict.says == (
        "An estimated 9.8% of the labels are wrong, about 20 of 200 (95% interval 7% to 13%); "
        "the limit is 5%."
    )
    assert verdict.remedy == (
        "Do not train on these labels yet. Check the 8 flagged rows, rank 1 first, "
        "correct the wrong ones and run the gate again."
    )


def test_a_hair_over_the_limit_does_not_read_like_the_limit(evidence: Make, noise: MakeNoise) -> None:
    """Different shares are written with as many decimals as it takes to see the difference."""
    found = evidence(noise(0.0504, 0.03, 0.07))
    says = check_noise_budget(found, NoiseBudgetOptions(max_noise_rate=0.05)).says
    assert "5.04%" in says
    assert "the limit is 5%" in says


def test_undecided_says_how_many_audited_rows_would_settle_it(evidence: Make, noise: MakeNoise) -> None:
    """At 10 % against a limit of 5 % a sample of 150 does; at the limit itself no sample does."""
    options = NoiseBudgetOptions(max_noise_rate=0.05, decide_on="confident")
    apart = check_noise_budget(evidence(noise(0.10, 0.04, 0.20)), options)
    equal = check_noise_budget(evidence(noise(0.05, 0.04, 0.20)), options)
    assert "about 150 labels drawn at random" in apart.remedy
    assert "no sample" in equal.remedy


def test_audit_size_by_hand() -> None:
    """(1.645 sqrt(.05 .95) + .842 sqrt(.1 .9))² / .05² = 149.3; a larger gap needs fewer rows."""
    assert audit_rows(0.10, 0.05) == 150
    assert audit_rows(0.05, 0.05) is None
    assert audit_rows(1.0, 0.0) == 1
    sizes = [audit_rows(rate, 0.05) or 0 for rate in (0.06, 0.08, 0.10, 0.20)]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("value", [True, False, -0.01, 1.01, 5, math.nan, math.inf, "5%", None])
def test_a_limit_that_is_no_share_is_refused(value: Any) -> None:
    """`true` is not 100 %, 5 is not 5 %, and NaN compares with nothing."""
    with pytest.raises(ValidationError):
        NoiseBudgetOptions(max_noise_rate=value)


def test_the_limit_has_no_default_and_unknown_keys_are_refused() -> None:
    """A gate without a limit would be a decoration; a misspelt key would be ignored silently."""
    with pytest.raises(ValidationError):
        NoiseBudgetOptions.model_validate({})
    with pytest.raises(ValidationError):
        NoiseBudgetOptions.model_validate({"max_noise_rate": 0.05, "decide": "confident"})


@given(
    bounds=st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)).map(sorted),
    limit=st.floats(0, 1),
    decide_on=st.sampled_from(["estimate", "confident"]),
    identified=st.booleans(),
)
def test_the_deciding_number_agrees_with_the_outcome(
    evidence: Make, bounds: list[float], limit: float, decide_on: DecideOn, *, identified: bool
) -> None:
    """Failed is over the limit, Passed is not, whatever decides: Great Expectations is held to that."""
    low, rate, high = bounds
    estimate = NoiseEstimate(rate, low, high, 0.95, "hand", 200, None, identified)
    options = NoiseBudgetOptions(max_noise_rate=limit, decide_on=decide_on)
    verdict = check_noise_budget(evidence(estimate), options)
    assert verdict.measured is not None
    if isinstance(verdict, Failed):
        assert verdict.measured > limit
    if isinstance(verdict, Passed):
        assert verdict.measured <= limit
        assert identified
