"""LN002 against hand-made evidence and two real models."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_predict
from sklearn.naive_bayes import GaussianNB

from cl_checks.model_quality import ModelQualityOptions, _sign_test, check_model_quality
from cl_core import Evidence, Passed, Undecided, assess, flip_labels

Make = Callable[..., Evidence]


@pytest.mark.parametrize(("won", "lost", "chance"), [(5, 5, 1.0), (0, 0, 1.0), (20, 5, 0.0026), (5, 20, 1.0)])
def test_the_sign_test_by_hand(won: int, lost: int, chance: float) -> None:
    """20 wins against 5 give z = 14 / 5 = 2.8; no difference, or a loss, is no evidence at all."""
    assert _sign_test(won, lost) == pytest.approx(chance, abs=0.001)


def test_a_good_model_passes(evidence: Make) -> None:
    """96 % agreement against 60 % by guessing on 200 rows is no accident."""
    verdict = check_model_quality(evidence(), ModelQualityOptions())
    assert isinstance(verdict, Passed)
    assert verdict.says.startswith("The model agrees with 96% of the labels (guessing: 60%)")


def test_a_model_that_only_guesses_is_undecided() -> None:
    """Probabilities that ignore the row agree with the largest class and cannot judge labels."""
    labels = np.array([0] * 60 + [1] * 40)
    verdict = check_model_quality(assess(labels, np.tile([0.6, 0.4], (100, 1))), ModelQualityOptions())
    assert isinstance(verdict, Undecided)
    assert (verdict.measured, verdict.limit) == (0.6, 0.6)
    assert "no better than guessing" in verdict.says


def test_a_small_lead_over_guessing_may_be_luck() -> None:
    """52 right against 50 by guessing is undecided; the same lead of 2 % on 20,000 rows is not luck."""
    right, wrong = [0.4, 0.6], [0.6, 0.4]
    labels = np.array([0] * 50 + [1] * 50)
    probs = np.array([wrong] * 26 + [right] * 24 + [right] * 26 + [wrong] * 24)
    small = assess(labels, probs)
    assert small.quality.accuracy == 0.52
    assert small.quality.beats_guessing
    assert isinstance(check_model_quality(small, ModelQualityOptions()), Undecided)
    large = assess(np.tile(labels, 200), np.tile(probs, (200, 1)))
    assert isinstance(check_model_quality(large, ModelQualityOptions()), Passed)


def test_one_class_in_the_data_cannot_be_judged() -> None:
    """Where every label is the same, no model can do better than naming it."""
    probs = np.array([[0.9, 0.1]] * 95 + [[0.1, 0.9]] * 5)
    verdict = check_model_quality(assess(np.zeros(100, dtype=int), probs), ModelQualityOptions())
    assert isinstance(verdict, Undecided)


def test_calibration_over_the_limit_is_undecided(evidence: Make) -> None:
    """Equal to the limit passes, over it does not."""
    options = ModelQualityOptions(max_calibration_error=0.2)
    assert isinstance(check_model_quality(evidence(calibration_error=0.2), options), Passed)
    verdict = check_model_quality(evidence(calibration_error=0.21), options)
    assert isinstance(verdict, Undecided)
    assert (verdict.measured, verdict.limit) == (0.21, 0.2)


@pytest.mark.parametrize(
    ("out_of_sample", "wrong", "outcome"),
    [
        (True, 8, Passed),
        (True, 0, Passed),
        (None, 8, Passed),
        (None, 0, Undecided),  # agrees with every label and nobody knows why
        (False, 8, Undecided),
        (False, 0, Undecided),
    ],
)
def test_in_sample_probabilities_never_pass(
    evidence: Make, wrong: int, outcome: type, *, out_of_sample: bool | None
) -> None:
    """Known to be in sample: undecided. Unknown: undecided when the model disputes not one label."""
    options = ModelQualityOptions(out_of_sample=out_of_sample)
    assert type(check_model_quality(evidence(wrong=wrong), options)) is outcome


@pytest.mark.parametrize(
    ("model", "rate", "outcome"),
    [(RandomForestClassifier(30, random_state=0), 0.0, Passed), (GaussianNB(), 0.1, Undecided)],
)
def test_the_default_limit_tells_usable_from_broken_models(model: Any, rate: float, outcome: type) -> None:
    """An unsure but good forest passes; naive Bayes that is certain and wrong does not."""
    pixels, labels = load_digits(return_X_y=True)
    given, _ = flip_labels(labels, rate=rate, n_classes=10, rng=np.random.default_rng(0))
    probs = cross_val_predict(model, pixels, given, cv=3, method="predict_proba")
    assert type(check_model_quality(assess(given, probs), ModelQualityOptions())) is outcome


@pytest.mark.parametrize(
    ("evidence_says", "people_say", "outcome"),
    [(False, None, Undecided), (False, True, Passed), (True, None, Passed), (True, False, Undecided)],
)
def test_the_evidence_knows_how_probabilities_were_made_unless_people_know_better(
    evidence: Make, outcome: type, *, evidence_says: bool, people_say: bool | None
) -> None:
    """A backend says whether it saw the labels; an option overrules it."""
    known = replace(evidence(), out_of_sample=evidence_says)
    verdict = check_model_quality(known, ModelQualityOptions(out_of_sample=people_say))
    assert isinstance(verdict, outcome)
