"""Answers and the estimate they give."""

import numpy as np
import pytest

from cl_core import InputError
from cl_core.audit import AuditPlan, collect_answers, estimate_from_audit, plan_audit


def planned(n_rows: int = 60) -> AuditPlan:
    quality = np.linspace(0, 1, 1000) ** 0.1
    return plan_audit(quality, max_noise_rate=0.05, n_rows=n_rows, rng=np.random.default_rng(0))


def test_votes_are_gathered_and_disagreements_kept() -> None:
    """Row 4: two of three say wrong; row 9: one each; row 2: right."""
    answers = collect_answers([4, 9, 2, 4, 9, 4], [1, 1, 0, 0, 0, 1])
    assert answers.positions.tolist() == [2, 4, 9]
    assert answers.votes.tolist() == [1, 3, 2]
    assert answers.wrong_votes.tolist() == [0, 2, 1]
    assert answers.wrong.tolist() == [False, True, False]
    assert answers.tied.tolist() == [False, False, True]
    assert answers.disputed.tolist() == [False, True, True]


def test_the_estimate_weighs_each_stratum_by_its_size() -> None:
    """Worked by hand from the table of strata that comes with it."""
    plan = planned()
    estimate = estimate_from_audit(plan, collect_answers(plan.positions, plan.positions % 3 == 0))
    by_hand = sum(s.n_rows * s.n_wrong / s.n_audited for s in estimate.strata) / 1000
    assert estimate.rate == pytest.approx(by_hand)
    assert estimate.low < estimate.rate < estimate.high
    assert sum(s.n_audited for s in estimate.strata) == estimate.n_audited == 60
    assert (estimate.n_rows, estimate.n_disputed, estimate.notes) == (1000, 0, ())
    assert estimate.method == "stratified_audit"


def test_the_order_of_the_answers_means_nothing() -> None:
    """Answers come back as people give them."""
    plan = planned()
    there = collect_answers(plan.positions, plan.positions < 40)
    back = collect_answers(plan.positions[::-1], plan.positions[::-1] < 40)
    assert estimate_from_audit(plan, there) == estimate_from_audit(plan, back)


def test_gaps_and_empty_strata_are_told() -> None:
    """Three answers that skip a row: both the gap and the strata without an answer are named."""
    plan = planned()
    rows = plan.positions[[0, 1, 3]]
    notes = estimate_from_audit(plan, collect_answers(rows, [0, 1, 0])).notes
    assert notes[0].startswith("1 planned rows before the last answered one have no answer")
    assert "strata have no answer" in notes[1]


def test_rows_outside_the_plan_are_refused() -> None:
    """A row somebody picked says nothing about the others."""
    plan = planned()
    picked = int(np.setdiff1d(np.arange(1000), plan.positions)[0])
    for stranger in (picked, -1, 1000):
        with pytest.raises(InputError, match=f"1 of 2 answered rows are not in the plan.* {stranger}"):
            estimate_from_audit(plan, collect_answers([plan.positions[0], stranger], [0, 0]))


def test_no_answers_are_no_estimate() -> None:
    """Silence is not a clean bill."""
    with pytest.raises(InputError, match="no answers yet"):
        estimate_from_audit(planned(), collect_answers([], []))


@pytest.mark.parametrize(
    ("positions", "is_wrong", "says"),
    [
        ([1, 2], [0], "wanted one answer a position"),
        ([1.5], [0], "whole row numbers"),
        ([1, 2], [0, 2], "answer .*2.* on row 2"),
        ([1], [np.nan], "answer .*nan.* on row 1"),
    ],
)
def test_answers_that_are_neither_right_nor_wrong_are_refused(
    positions: list[float], is_wrong: list[float], says: str
) -> None:
    """Each refusal names the row or the shapes."""
    with pytest.raises(InputError, match=says):
        collect_answers(positions, is_wrong)


def test_a_confidence_of_95_is_refused() -> None:
    """It means 0.95."""
    plan = planned()
    with pytest.raises(InputError, match="confidence is 95") as caught:
        estimate_from_audit(plan, collect_answers(plan.positions, plan.positions < 0), confidence=95)
    assert "0.95 means 95 %" in caught.value.hint
