"""LN004 and LN005 against joints worked by hand, and the laws of many limits at once."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cl_checks.class_noise import ClassNoiseOptions, check_class_noise
from cl_checks.pair_noise import PairNoiseOptions, check_pair_noise
from cl_checks.rates import class_rates, part_rate, row_shares, wrong_shares
from cl_core import ConfigError, Evidence, Failed, NoiseEstimate, Passed, Undecided

# Given ash, birch, cedar with 1000, 500 and 20 rows: 300 ash are birch, 25 birch are ash, 5 cedar are ash.
COUNTS = np.array([[700, 300, 0], [25, 475, 0], [5, 0, 15]])
CLASSES = ("ash", "birch", "cedar")


def counted(
    make: Callable[..., Evidence], counts: Any = COUNTS, classes: tuple[str, ...] = CLASSES, **noise: Any
) -> Evidence:
    """Build evidence whose noise estimate is the joint of `counts`, its interval a fifth either way."""
    counts = np.asarray(counts)
    total, rows = counts.sum(), counts.sum(axis=1)
    rate = float(1 - counts.trace() / total)
    facts = {"low": rate * 0.8, "high": rate * 1.2} | noise
    estimate = NoiseEstimate(
        rate, confidence=0.95, method="hand", n_rows=int(total), joint=counts / total, **facts
    )
    given = np.repeat(np.array(classes, dtype=object), rows)
    wrong = np.concatenate([np.arange(n) < n - own for n, own in zip(rows, counts.diagonal(), strict=True)])
    base = make(rows=tuple(int(n) for n in rows), wrong=0)
    return replace(
        base,
        classes=classes,
        noise=estimate,
        confident_joint=counts,
        class_table=pd.DataFrame({"label": classes, "rows": rows}),
        scored=base.scored.assign(given_label=given, is_label_issue=wrong),
    )


def test_each_class_is_held_against_its_own_limit(evidence: Callable[..., Evidence]) -> None:
    """30 % of ash is over 15 % beyond chance; 25 % of 20 cedars is too few rows to say, and is said to be."""
    outcome = check_class_noise(counted(evidence), ClassNoiseOptions(max_noise_rate=0.15))
    assert isinstance(outcome, Failed)
    assert [breach.where for breach in outcome.breaches] == [(("class", "ash"),)]
    assert "1 of 2 classes" in outcome.says
    assert "Not judged, with fewer than 30 rows: cedar." in outcome.says
    assert outcome.measured is not None
    # 0.3 less the root of 0.033^2 (Wilson, 97.5 %), 0.06^2 (the total) and 0.087^2 (elsewhere).
    assert outcome.measured == pytest.approx(0.19, abs=0.002)
    allowed = check_class_noise(counted(evidence), ClassNoiseOptions(limits={"ash": 0.4}))
    assert isinstance(allowed, Passed)


def test_an_alarm_wants_more_than_the_estimate(evidence: Callable[..., Evidence]) -> None:
    """5 % of 500 birches against 4.5 %: over it by the estimate, not beyond chance."""
    birches = counted(evidence, [[700, 0, 0], [25, 475, 0], [0, 0, 30]])
    for decide_on, kind in (("alarm", Passed), ("estimate", Failed), ("confident", Undecided)):
        outcome = check_class_noise(
            birches,
            ClassNoiseOptions(max_noise_rate=0.045, decide_on=decide_on),
        )
        assert type(outcome) is kind
        assert "'birch' 5% of 500 rows" in outcome.says
        assert "ash" not in {value for breach in outcome.breaches for _, value in breach.where}


def test_a_rate_that_is_not_identified_can_fail_and_cannot_pass(evidence: Callable[..., Evidence]) -> None:
    """As for the total: stopping is the safe side."""
    vague = counted(evidence, identified=False, reason="a weak model")
    assert isinstance(check_class_noise(vague, ClassNoiseOptions(max_noise_rate=0.15)), Failed)
    loose = check_class_noise(vague, ClassNoiseOptions(max_noise_rate=0.9))
    assert isinstance(loose, Undecided)
    assert "a weak model" in loose.says


def test_nothing_to_judge_is_no_pass(evidence: Callable[..., Evidence]) -> None:
    """Where no class has rows enough, nothing was judged."""
    assert isinstance(check_class_noise(counted(evidence), ClassNoiseOptions(min_rows=5000)), Undecided)


def test_a_limit_for_a_class_that_is_not_there_is_refused(evidence: Callable[..., Evidence]) -> None:
    """A misspelt class would never be held against anything."""
    with pytest.raises(ConfigError, match="'birhc'") as refused:
        check_class_noise(counted(evidence), ClassNoiseOptions(limits={"birhc": 0.1}))
    assert "'birch'" in refused.value.hint


def test_pairs_are_named_in_their_direction(evidence: Callable[..., Evidence]) -> None:
    """Ash that are birch break the limit, birch that are ash do not; a limit of its own frees the pair."""
    outcome = check_pair_noise(counted(evidence), PairNoiseOptions())
    assert isinstance(outcome, Failed)
    assert [breach.where for breach in outcome.breaches] == [(("given", "ash"), ("true", "birch"))]
    assert "flagged rows of 'ash' that are 'birch' first: correct" in outcome.remedy
    free = PairNoiseOptions(limits={"ash -> birch": 0.5})
    assert isinstance(check_pair_noise(counted(evidence), free), Passed)
    clean = check_pair_noise(counted(evidence, np.diag([100, 100, 100])), PairNoiseOptions())
    assert isinstance(clean, Passed)
    far = check_pair_noise(
        counted(evidence, np.diag([100, 100, 100])),
        PairNoiseOptions(decide_on="confident", max_noise_rate=0.0),
    )
    assert isinstance(far, Undecided)
    assert [breach.where for breach in far.breaches] == [(("given", name),) for name in CLASSES]
    for text, says in (("ash birch", "no pair"), ("ash -> brich", "'brich'")):
        with pytest.raises(ConfigError, match=says):
            check_pair_noise(counted(evidence), PairNoiseOptions(limits={text: 0.5}))


def test_chances_of_rows_add_up_to_their_classes(evidence: Callable[..., Evidence]) -> None:
    """Whatever is flagged, a class's rows hold the wrong labels that were estimated for it."""
    found = counted(evidence)
    chances = row_shares(found)
    labels = found.scored["given_label"].to_numpy()
    for name, wrong in zip(CLASSES, (300, 25, 5), strict=True):
        assert chances[labels == name].sum() == pytest.approx(wrong)
    none_flagged = replace(found, scored=found.scored.assign(is_label_issue=False))
    assert row_shares(none_flagged)[:1000] == pytest.approx(np.full(1000, 0.3))


def test_without_a_joint_the_confident_one_is_scaled_to_the_rate(evidence: Callable[..., Evidence]) -> None:
    """An estimator may give the total only; its rate is kept."""
    found = counted(evidence)
    halved = replace(found, noise=replace(found.noise, joint=None, rate=165 / 1520, low=0.1))
    shares = wrong_shares(halved)
    assert (1 - shares.diagonal()) @ np.array([1000, 500, 20]) == pytest.approx(165)
    assert shares.sum(axis=1) == pytest.approx(np.ones(3))


counts_of_classes = st.lists(
    st.lists(st.integers(0, 60), min_size=3, max_size=3), min_size=3, max_size=3
).map(lambda rows: np.array(rows) + np.diag([40, 40, 40]))


@given(counts=counts_of_classes, order=st.permutations(range(3)))
def test_renaming_classes_renames_breaches(
    evidence: Callable[..., Evidence], counts: Any, order: list[int]
) -> None:
    """Class numbers are names: permuting them permutes the breaches and nothing else."""
    options = ClassNoiseOptions(max_noise_rate=0.1, decide_on="estimate")
    turned = counted(evidence, counts[np.ix_(order, order)], tuple(CLASSES[i] for i in order))
    first, second = (check_class_noise(e, options) for e in (counted(evidence, counts), turned))
    assert type(first) is type(second)
    assert {b.where for b in first.breaches} == {b.where for b in second.breaches}


@given(
    counts=counts_of_classes,
    limits=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted),
    decide_on=st.sampled_from(["alarm", "estimate", "confident"]),
    check=st.sampled_from([(check_class_noise, ClassNoiseOptions), (check_pair_noise, PairNoiseOptions)]),
)
def test_a_higher_limit_never_turns_a_pass_into_a_failure(
    evidence: Callable[..., Evidence], counts: Any, limits: list[float], decide_on: Any, check: Any
) -> None:
    """Passed, undecided, failed: a higher limit only moves toward passed."""
    order = {"passed": 0, "undecided": 1, "failed": 2}
    judge, options = check
    found = counted(evidence, counts)
    low, high = (judge(found, options(max_noise_rate=at, decide_on=decide_on)) for at in limits)
    assert order[high.status] <= order[low.status]


@given(share=st.floats(0, 1), rows=st.integers(1, 10**6), parts=st.integers(1, 1000))
def test_looking_at_more_parts_widens_every_interval(
    evidence: Callable[..., Evidence], share: float, rows: int, parts: int
) -> None:
    """An interval holds its estimate, stays in 0..1, and is no narrower among more parts."""
    found = evidence()
    one, many = (part_rate(found, share, rows, parts=n) for n in (1, parts))
    for rate in (one, many):
        assert 0 <= rate.low <= share <= rate.high <= 1
    assert many.low <= one.low + 1e-12
    assert many.high >= one.high - 1e-12


def test_no_noise_at_all_still_has_an_interval(evidence: Callable[..., Evidence]) -> None:
    """A total of 0 with an interval up to 3 % leaves each class at least as far in doubt."""
    clean = counted(evidence, np.diag([100, 100, 100]), low=0.0, high=0.03)
    assert all(
        rate is not None and rate.rate == 0 and rate.high >= 0.03 for rate in class_rates(clean, parts=3)
    )


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_chance_alone_raises_few_alarms(evidence: Callable[..., Evidence], classes: int) -> None:
    """Classes that are all at the limit: in 60 draws the check fails hardly ever, however many there are."""
    rng = np.random.default_rng(classes)
    names = tuple(f"c{i:03}" for i in range(classes))
    alarms = 0
    for _ in range(60):
        wrong = rng.binomial(200, 0.1, classes)
        counts = np.diag(200 - wrong)
        counts[np.arange(classes), (np.arange(classes) + 1) % classes] = wrong
        found = counted(evidence, counts, names)
        exact = replace(found, noise=replace(found.noise, low=found.noise.rate, high=found.noise.rate))
        alarms += isinstance(check_class_noise(exact, ClassNoiseOptions(max_noise_rate=0.1)), Failed)
    assert alarms <= 6
