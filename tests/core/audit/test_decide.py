"""Decisions that may be looked at after every answer."""

from itertools import product
from math import comb

import numpy as np
import pytest
from numpy.typing import NDArray

from cl_core import InputError
from cl_core.audit import (
    AuditPlan,
    Strata,
    collect_answers,
    decide_from_audit,
    estimate_from_audit,
    plan_audit,
    rows_needed,
)
from cl_core.audit.evidence import Bets, log_e_values
from cl_core.audit.order import apportion

SIZES = (12, 28)
SMALL = Strata(cuts=(0.5, 1.0), sizes=SIZES, shares=(0.5, 0.5), guesses=(0.6, 0.02))


def e_values(
    found: NDArray[np.float64], audited: list[int], limit: float, *, under: bool
) -> NDArray[np.float64]:
    bets = Bets.on(SMALL, limit, under=under, over=not under)
    rows = np.broadcast_to(np.array(audited, float), found.shape)
    return np.exp(log_e_values(found, rows, SMALL, bets, max_noise_rate=limit, under=under))


@pytest.mark.parametrize("under", [True, False])
@pytest.mark.parametrize("audited", [[1, 1], [4, 5], [6, 14], [0, 9]])
def test_the_mean_of_an_e_value_is_at_most_one_while_the_claim_is_true(
    audited: list[int], *, under: bool
) -> None:
    """Summed exactly over all samples of every population of 40 rows at or beyond a limit of 25 %."""
    found = np.array(list(product(*(range(n + 1) for n in audited))), dtype=float)
    values = e_values(found, audited, 0.25, under=under)
    for a, b in product(range(SIZES[0] + 1), range(SIZES[1] + 1)):
        if (a + b >= 10) if under else (a + b <= 10):
            chance = [
                comb(a, int(x))
                * comb(SIZES[0] - a, audited[0] - int(x))
                / comb(SIZES[0], audited[0])
                * comb(b, int(y))
                * comb(SIZES[1] - b, audited[1] - int(y))
                / comb(SIZES[1], audited[1])
                for x, y in found
            ]
            possible = np.array(chance) > 0
            assert values[possible] @ np.array(chance)[possible] <= 1 + 1e-9


@pytest.mark.parametrize("under", [True, False])
@pytest.mark.parametrize("population", [(2, 8), (9, 1), (6, 4)])
def test_peeking_after_each_answer_keeps_the_error_rate(population: tuple[int, int], *, under: bool) -> None:
    """With the rate at the limit, at most 5 % of 4,000 audits (and a little) ever decide in 40 looks."""
    rng, audits = np.random.default_rng(0), 4000
    found, audited, ever = np.zeros((audits, 2)), [0, 0], np.zeros(audits, bool)
    for h in apportion(SMALL.shares, SIZES, 40):
        left = SIZES[h] - audited[h]
        found[:, h] += rng.random(audits) < (population[h] - found[:, h]) / left
        audited[h] += 1
        ever |= e_values(found, audited, 0.25, under=under) >= 20
    assert ever.mean() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / audits)


def planned(n_rows: int = 300, limit: float = 0.05) -> AuditPlan:
    quality = np.random.default_rng(0).beta(8, 1, 5000)
    return plan_audit(quality, max_noise_rate=limit, n_rows=n_rows, rng=np.random.default_rng(1))


def test_spotless_answers_decide_below_and_wrong_ones_above() -> None:
    """The decision falls long before the plan ends, and stays."""
    plan = planned()
    below = decide_from_audit(plan, collect_answers(plan.positions, np.zeros(300, int)))
    above = decide_from_audit(plan, collect_answers(plan.positions, np.ones(300, int)))
    assert (below.decision, below.more_rows) == ("below", 0)
    assert (above.decision, above.more_rows) == ("above", 0)
    assert below.decided_after is not None
    assert above.decided_after is not None
    assert above.decided_after < 10 < below.decided_after < 200
    assert below.low == 0
    assert below.high < 0.05 < above.low


def test_few_answers_decide_nothing_and_say_how_many_more() -> None:
    """Twenty spotless answers: some further rows, fewer than for data near the limit."""
    plan = planned()
    first = plan.positions[:20]
    clean = decide_from_audit(plan, collect_answers(first, np.zeros(20, int)))
    near = decide_from_audit(plan, collect_answers(first, np.arange(20) == 0))
    assert clean.decision == near.decision == "undecided"
    assert 20 < clean.more_rows < near.more_rows
    assert clean.low == 0
    assert clean.high > 0.05


def test_the_foretold_number_of_rows_is_about_right() -> None:
    """Answers that stay spotless decide within a factor of two of the forecast."""
    plan = planned()
    needed = rows_needed(plan.strata, np.zeros(len(plan.strata.sizes)), max_noise_rate=0.05)
    settled = decide_from_audit(plan, collect_answers(plan.positions, np.zeros(300, int))).decided_after
    assert settled is not None
    assert needed / 2 <= settled <= needed * 2


def test_a_complete_audit_always_decides() -> None:
    """Sixty rows, 2 wrong, limit 5 %: the last answer leaves no doubt."""
    quality = np.linspace(0.01, 1, 60)
    plan = plan_audit(quality, max_noise_rate=0.05, n_rows=60, rng=np.random.default_rng(0))
    decision = decide_from_audit(plan, collect_answers(plan.positions, plan.positions < 2))
    assert decision.decision == "below"
    assert decision.low == pytest.approx(2 / 60, abs=2e-4)
    assert decision.high == pytest.approx(2 / 60, abs=2e-4)


def test_a_tie_is_evidence_for_nothing() -> None:
    """A row two people disagree on counts as wrong against "below" and as right against "above"."""
    plan = planned(100)
    rows = plan.positions
    tied = collect_answers([*rows, *rows], [*np.zeros(100, int), *np.ones(100, int)])
    decision = decide_from_audit(plan, tied)
    assert decision.decision == "undecided"
    assert decision.low == 0
    assert decision.high > 0.95
    estimate = estimate_from_audit(plan, tied)
    assert (estimate.n_disputed, estimate.n_tied, estimate.rate) == (100, 100, 0.5)
    assert estimate.low == 0
    assert estimate.high == 1


def test_limits_and_error_rates_outside_zero_to_one_are_refused() -> None:
    """An alpha of 5 is a per cent sign forgotten."""
    plan = planned(30)
    with pytest.raises(InputError, match=r"alpha is 5, wanted") as caught:
        decide_from_audit(plan, collect_answers(plan.positions, np.zeros(30, int)), alpha=5)
    assert "0.05 means 5 %" in caught.value.hint
