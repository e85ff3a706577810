"""cleanlab 2.9 as the oracle, on random inputs, except for its defects listed in docs/faults.md."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import cl_core

rank = pytest.importorskip("cleanlab.rank", reason="cleanlab is the oracle and is not installed")
count = pytest.importorskip("cleanlab.count")
clean_filter = pytest.importorskip("cleanlab.filter")

# cleanlab and pandas warn about rare classes and coming changes; neither is under test here.
pytestmark = pytest.mark.filterwarnings("ignore")


def case(seed: int, k: int, *, per_class: int = 30, rare: bool = False) -> tuple[Any, Any]:
    """Noisy labels and the probabilities of a fair model; float64 without ties."""
    rng = np.random.default_rng(seed)
    n = per_class * k
    true = rng.integers(0, k, n)
    if rare:
        true[true == k - 1] = 0
        true[:2] = k - 1
    labels = np.where(rng.random(n) < 0.2, rng.integers(0, k, n), true)
    logits = rng.standard_normal((n, k))
    logits[np.arange(n), true] += 2 + np.log(k)
    probs = np.exp(logits)
    return labels, probs / probs.sum(axis=1, keepdims=True)


def comparable(labels: Any, probs: Any) -> Any:
    """Leave out what cleanlab counts differently: an empty diagonal, and collisions outside the confident."""
    k = probs.shape[1]
    counts = cl_core.confident_joint(labels, probs, calibrate=False)
    theirs = count.compute_confident_joint(labels, probs, calibrate=False)
    confident = probs >= cl_core.confident_thresholds(labels, probs) - 1e-6
    odd = (confident.sum(axis=1) > 1) & ~confident[np.arange(len(labels)), probs.argmax(axis=1)]
    assume((counts.diagonal() > 0).all() and not odd.any() and len(np.unique(labels)) == k)
    return counts, theirs


SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.sampled_from([2, 3, 5, 10, 24, 25, 50])


@settings(max_examples=60)
@given(seed=SEEDS, k=SIZES)
def test_joint_as_cleanlab(seed: int, k: int) -> None:
    """Thresholds, confident joint and its off-diagonal rows agree."""
    labels, probs = case(seed, k)
    counts, theirs = comparable(labels, probs)
    np.testing.assert_array_equal(counts, theirs)
    np.testing.assert_allclose(
        cl_core.confident_thresholds(labels, probs),
        count.get_confident_thresholds(labels, probs),
        rtol=1e-12,
    )
    _, rows = count.compute_confident_joint(labels, probs, return_indices_of_off_diagonals=True)
    np.testing.assert_array_equal(cl_core.off_diagonal_rows(labels, probs), rows)
    assert cl_core.num_label_issues(labels, probs) == count.num_label_issues(labels, probs)


@settings(max_examples=40)
@given(seed=SEEDS, k=SIZES)
def test_calibration_as_cleanlab(seed: int, k: int) -> None:
    """The calibrated joint differs by rounding alone, and ours keeps the number of every given label."""
    labels, probs = case(seed, k)
    comparable(labels, probs)
    ours = cl_core.confident_joint(labels, probs)
    theirs = count.compute_confident_joint(labels, probs, calibrate=True)
    np.testing.assert_array_equal(ours.sum(axis=1), np.bincount(labels, minlength=k))
    assert np.abs(ours - theirs).max() <= 1
    latent = cl_core.estimate_latent(labels, probs)
    prior, noise, inverse = count.estimate_latent(theirs, labels)
    for mine, other in ((latent.prior, prior), (latent.noise, noise), (latent.inverse_noise, inverse)):
        np.testing.assert_allclose(mine, other, atol=0.15)


@pytest.mark.parametrize(
    "filter_by",
    [
        "prune_by_noise_rate",
        "prune_by_class",
        "both",
        "confident_learning",
        "predicted_neq_given",
        "low_normalized_margin",
        "low_self_confidence",
    ],
)
@settings(max_examples=25)
@given(seed=SEEDS, k=SIZES)
def test_filters_as_cleanlab(filter_by: Any, seed: int, k: int) -> None:
    """Every filter marks the same rows where both calibrations round alike."""
    labels, probs = case(seed, k)
    comparable(labels, probs)
    ours = cl_core.confident_joint(labels, probs)
    assume(np.array_equal(ours, count.compute_confident_joint(labels, probs, calibrate=True)))
    assume((ours.diagonal() > 0).all())
    np.testing.assert_array_equal(
        cl_core.find_label_issues(labels, probs, filter_by=filter_by),
        clean_filter.find_label_issues(labels, probs, filter_by=filter_by, n_jobs=1),
    )


@settings(max_examples=40)
@given(seed=SEEDS, k=SIZES, adjust=st.booleans())
def test_scores_as_cleanlab(seed: int, k: int, adjust: bool) -> None:
    """Every score agrees, adjusted or not; the weighted entropy but for certain rows."""
    labels, probs = case(seed, k)
    assume(len(np.unique(labels)) == k)
    for method in ("self_confidence", "normalized_margin"):
        np.testing.assert_allclose(
            cl_core.label_quality_scores(labels, probs, method=method, adjust=adjust),
            rank.get_label_quality_scores(labels, probs, method=method, adjust_pred_probs=adjust),
            rtol=1e-9,
        )
    np.testing.assert_allclose(
        cl_core.label_quality_scores(labels, probs, method="confidence_weighted_entropy"),
        rank.get_label_quality_scores(labels, probs, method="confidence_weighted_entropy"),
        rtol=1e-6,
    )


@settings(max_examples=25)
@given(seed=SEEDS, k=st.sampled_from([3, 10]))
def test_rare_classes_do_not_stop_either(seed: int, k: int) -> None:
    """With a class of two or so rows, nothing fails, and what is counted alike is filtered alike."""
    labels, probs = case(seed, k, rare=True)
    comparable(labels, probs)
    ours = cl_core.confident_joint(labels, probs)
    theirs = count.compute_confident_joint(labels, probs, calibrate=True)
    assume(np.array_equal(ours, theirs) and (ours.diagonal() > 0).all())
    np.testing.assert_array_equal(
        cl_core.find_label_issues(labels, probs), clean_filter.find_label_issues(labels, probs, n_jobs=1)
    )


def test_a_missing_class_does_not_stop_either() -> None:
    """A class without a label has no threshold, and no row is confident in it."""
    labels, probs = case(7, 5)
    labels[labels == 2] = 3
    ours = cl_core.confident_joint(labels, probs, calibrate=False)
    theirs = count.compute_confident_joint(labels, probs, calibrate=False)
    theirs[2, 2] -= 1  # the row that cleanlab invents for an empty diagonal
    np.testing.assert_array_equal(ours, theirs)
