"""Plans of an audit."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cl_core import InputError
from cl_core.audit import AuditPlan, extend_audit, plan_audit


def scores(n: int, seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).beta(4, 1, n)


@given(n=st.integers(1, 400), m=st.integers(1, 500), seed=st.integers(0, 99), limit=st.floats(0.001, 0.6))
def test_a_plan_holds_no_row_twice_and_all_rows_at_most(n: int, m: int, seed: int, limit: float) -> None:
    """Positions are different rows of the data, each in the stratum its score belongs to."""
    quality = scores(n, seed).round(1)
    plan = plan_audit(quality, max_noise_rate=limit, n_rows=m, rng=np.random.default_rng(seed))
    assert len(plan.positions) == len(set(plan.positions.tolist())) == min(n, m)
    assert plan.n_rows == n
    np.testing.assert_array_equal(plan.strata.of(quality)[plan.positions], plan.members)
    assert sum(plan.strata.shares) == pytest.approx(1)


def test_equal_scores_are_never_parted() -> None:
    """A stratum's cut is by value, so that the order of rows means nothing."""
    plan = plan_audit(np.full(300, 0.7), max_noise_rate=0.05, n_rows=10, rng=np.random.default_rng(0))
    assert plan.strata.sizes == (300,)


def test_no_stratum_gets_less_than_half_of_a_plain_samples_rows() -> None:
    """However confident the model is of the last stratum, half of the audit goes by size."""
    strata = plan_audit(scores(5000), max_noise_rate=0.02, n_rows=9, rng=np.random.default_rng(0)).strata
    assert all(s >= 0.5 * size / 5000 for s, size in zip(strata.shares, strata.sizes, strict=True))
    assert strata.shares[0] > strata.sizes[0] / 5000


def test_rows_of_a_stratum_have_equal_chances() -> None:
    """Among 2,000 plans every row of a stratum turns up equally often, within five standard deviations."""
    quality, times, members = scores(60), np.zeros(60), np.zeros(60, int)
    rng = np.random.default_rng(1)
    for _ in range(2000):
        plan = plan_audit(quality, max_noise_rate=0.1, n_rows=20, rng=rng)
        times[plan.positions] += 1
        members = plan.strata.of(quality)
    for stratum in np.unique(members):
        seen = times[members == stratum] / 2000
        share = seen.mean()
        assert np.abs(seen - share).max() < 5 * np.sqrt(share * (1 - share) / 2000) + 1e-12


def test_a_plan_survives_json_and_the_same_seed_gives_it_again() -> None:
    """What is stored is what was planned."""
    plan = plan_audit(scores(500), max_noise_rate=0.05, n_rows=40, rng=np.random.default_rng(3))
    again = plan_audit(scores(500), max_noise_rate=0.05, n_rows=40, rng=np.random.default_rng(3))
    restored = AuditPlan.from_dict(json.loads(json.dumps(plan.to_dict())))
    for other in (again, restored):
        np.testing.assert_array_equal(plan.positions, other.positions)
        np.testing.assert_array_equal(plan.members, other.members)
        assert (plan.strata, plan.max_noise_rate) == (other.strata, other.max_noise_rate)


def test_an_extended_plan_begins_like_the_old_one() -> None:
    """More rows follow in the same design, none twice."""
    quality = scores(500)
    plan = plan_audit(quality, max_noise_rate=0.05, n_rows=40, rng=np.random.default_rng(3))
    longer = extend_audit(plan, quality, 30, rng=np.random.default_rng(4))
    np.testing.assert_array_equal(longer.positions[:40], plan.positions)
    assert len(set(longer.positions.tolist())) == 70
    whole = plan_audit(quality, max_noise_rate=0.05, n_rows=70, rng=np.random.default_rng(3))
    np.testing.assert_array_equal(longer.members, whole.members)


def test_a_plan_left_to_itself_suits_the_limit() -> None:
    """A limit of 1 % takes more rows than one of 20 %."""
    sizes = [
        len(plan_audit(scores(20_000), max_noise_rate=limit, rng=np.random.default_rng(0)).positions)
        for limit in (0.01, 0.2)
    ]
    assert 50 <= sizes[1] < sizes[0] < 20_000


@pytest.mark.parametrize(
    ("quality", "options", "says"),
    [
        ([], {}, "at least one row"),
        ([[0.1]], {}, "one score a row"),
        ([0.5, np.nan, 2.0], {}, "2 of 3 values that are not in 0..1, the first in row 1"),
        ([0.5], {"max_noise_rate": 0.0}, "max_noise_rate is 0.0"),
        ([0.5], {"n_rows": 0}, "n_rows is 0"),
        ([0.5], {"is_label_issue": [1]}, "bool"),
    ],
)
def test_bad_scores_and_limits_are_refused(
    quality: list[float], options: dict[str, object], says: str
) -> None:
    """Each refusal says what came and what to do."""
    arguments = {"max_noise_rate": 0.05, "rng": np.random.default_rng(0), **options}
    with pytest.raises(InputError, match=says) as caught:
        plan_audit(np.asarray(quality), **arguments)  # type: ignore[arg-type]
    assert caught.value.hint


def test_a_plan_is_extended_only_with_its_own_scores() -> None:
    """Other scores would give other strata, and the sample would be of nothing."""
    plan = plan_audit(scores(500), max_noise_rate=0.05, n_rows=40, rng=np.random.default_rng(3))
    with pytest.raises(InputError, match="the plan has"):
        extend_audit(plan, scores(500, seed=1), 30, rng=np.random.default_rng(4))


def test_a_damaged_record_is_refused() -> None:
    """A record without its strata is no plan."""
    with pytest.raises(InputError, match="KeyError"):
        AuditPlan.from_dict({"positions": [1]})
