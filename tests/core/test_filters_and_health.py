"""What the callers of the filters can ask for, the counts of health, and noise made to order."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cl_core
from cl_core.owed import owed_rows

JOINT = np.array([[6, 3, 1], [0, 5, 0], [2, 2, 1]])


def case(seed: int, k: int = 4, n: int = 400) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    true = rng.integers(0, k, n)
    labels, _ = cl_core.flip_labels(true, rate=0.25, n_classes=k, rng=rng)
    logits = rng.standard_normal((n, k))
    logits[np.arange(n), true] += 3
    probs = np.exp(logits)
    return labels, probs / probs.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, [[0, 3, 1], [0, 0, 0], [2, 2, 0]]),
        ({"frac_noise": 0.5}, [[0, 2, 0], [0, 0, 0], [1, 1, 0]]),
        ({"frac_noise": 0.0}, [[0, 0, 0], [0, 0, 0], [0, 0, 0]]),
        ({"min_examples_per_class": 3}, [[0, 3, 1], [0, 0, 0], [1, 1, 0]]),
        ({"min_examples_per_class": 9}, [[0, 1, 0], [0, 0, 0], [0, 0, 0]]),
        ({"num_to_remove_per_class": [8, 2, 0]}, [[0, 6, 2], [0, 0, 0], [0, 0, 0]]),
    ],
)
def test_what_a_pair_is_owed(options: Any, wanted: Any) -> None:
    """Shares and limits act on each given label's errors, rounded by largest remainder."""
    np.testing.assert_array_equal(owed_rows(JOINT, **options), wanted)


@pytest.mark.parametrize(
    "options",
    [{"frac_noise": 1.5}, {"min_examples_per_class": -1}, {"num_to_remove_per_class": [1, 2]}],
)
def test_impossible_limits_are_refused(options: Any) -> None:
    """The error says what was wanted."""
    with pytest.raises(cl_core.ConfigError, match="wanted") as error:
        owed_rows(JOINT, **options)
    assert error.value.hint


def test_limits_belong_to_the_prune_filters() -> None:
    """Asking another filter for a share is an error, not a silence."""
    labels, probs = case(0)
    with pytest.raises(cl_core.ConfigError, match="say nothing to"):
        cl_core.find_label_issues(labels, probs, filter_by="confident_learning", frac_noise=0.5)
    with pytest.raises(cl_core.ConfigError, match="no filter 'best'"):
        cl_core.find_label_issues(labels, probs, filter_by="best")  # type: ignore[arg-type]
    with pytest.raises(cl_core.ConfigError, match="no score 'best'"):
        cl_core.label_quality_scores(labels, probs, method="best")  # type: ignore[arg-type]


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), k=st.integers(2, 30))
def test_filters_nest_as_their_definitions_do(seed: int, k: int) -> None:
    """`both` is the intersection, and no filter that prunes marks a row the model agrees with."""
    labels, probs = case(seed, k)
    flags = {
        name: cl_core.find_label_issues(labels, probs, filter_by=name)
        for name in ("prune_by_noise_rate", "prune_by_class", "both", "confident_learning")
    }
    np.testing.assert_array_equal(flags["both"], flags["prune_by_noise_rate"] & flags["prune_by_class"])
    disagrees = cl_core.find_label_issues(labels, probs, filter_by="predicted_neq_given")
    for flag in flags.values():
        assert not (flag & ~disagrees).any()
    fewer = cl_core.find_label_issues(labels, probs, frac_noise=0.5)
    assert not (fewer & ~flags["prune_by_noise_rate"]).any()


def test_as_many_rows_as_asked_for() -> None:
    """`num_to_remove_per_class` takes the least confident rows of each class."""
    labels, probs = case(1)
    flags = cl_core.find_label_issues(
        labels, probs, filter_by="prune_by_class", num_to_remove_per_class=[5, 0, 9, 1]
    )
    assert np.bincount(labels[flags], minlength=4).tolist() == [5, 0, 9, 1]


def test_auto_names_the_flipped_rows() -> None:
    """The posterior marks flipped labels better than the default filter, and ranks them higher."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, 6, 6000)
    matrix = cl_core.random_noise_matrix(6, noise=0.3, sparsity=0.6, rng=rng)
    labels, flipped = cl_core.flip_by_matrix(true, matrix, rng=rng)
    logits = 1.5 * rng.standard_normal((6000, 6))
    logits[np.arange(6000), true] += 3
    belief = np.exp(logits)
    probs = belief / belief.sum(axis=1, keepdims=True) @ matrix.T

    def f1(flags: Any) -> float:
        return float(2 * (flags & flipped).sum() / (flags.sum() + flipped.sum()))

    auto = f1(cl_core.find_label_issues(labels, probs, filter_by="auto"))
    assert auto > f1(cl_core.find_label_issues(labels, probs)) + 0.03
    worst, plain = (
        cl_core.rank_label_issues(labels, probs, method=m)[:1000] for m in ("auto", "self_confidence")
    )
    assert flipped[worst].mean() > flipped[plain].mean() + 0.03


def test_an_ensemble_is_the_weighted_mean() -> None:
    """Weights are uniform, by accuracy, or given; one model is itself."""
    labels, one = case(2)
    other = np.full_like(one, 1 / one.shape[1])
    scores = [cl_core.label_quality_scores(labels, probs) for probs in (one, other)]
    ensemble = cl_core.ensemble_label_quality_scores
    np.testing.assert_allclose(ensemble(labels, [one, other], weights="uniform"), sum(scores) / 2)
    np.testing.assert_allclose(
        ensemble(labels, [one, other], weights=[3, 1]), (3 * scores[0] + scores[1]) / 4
    )
    accuracy = [(probs.argmax(axis=1) == labels).mean() for probs in (one, other)]
    by_accuracy = np.average(scores, axis=0, weights=accuracy)
    np.testing.assert_allclose(ensemble(labels, [one, other]), by_accuracy)
    np.testing.assert_allclose(ensemble(labels, [one]), scores[0])
    for bad in ([1], [0, 0], [-1, 2]):
        with pytest.raises(cl_core.ConfigError, match="one number of 0 or more a model"):
            ensemble(labels, [one, other], weights=bad)


def test_health_counts_the_cells_of_one_joint() -> None:
    """Worst classes and widest overlaps first, each count from the same matrix."""
    health = cl_core.health_of(JOINT, ["a", "b", "c"])
    assert (health.n_rows, health.n_wrong, health.score) == (20, 8, 0.6)
    assert health.classes["label"].tolist() == ["c", "a", "b"]
    assert health.classes["wrong"].tolist() == [4, 4, 0]
    assert health.classes["missed"].tolist() == [1, 2, 5]
    pairs = health.overlaps[["first", "second", "rows", "first_as_second", "second_as_first"]]
    assert pairs.to_numpy().tolist() == [["a", "b", 3, 0, 3], ["a", "c", 3, 2, 1], ["b", "c", 2, 2, 0]]


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), k=st.integers(2, 12), noise=st.floats(0, 1), sparsity=st.floats(0, 1))
def test_noise_matrices_have_the_trace_and_zeros_asked_for(
    seed: int, k: int, noise: float, sparsity: float
) -> None:
    """Columns are distributions, the trace is exact, and as many rates are zero as can be."""
    matrix = cl_core.random_noise_matrix(k, noise=noise, sparsity=sparsity, rng=np.random.default_rng(seed))
    assert (matrix >= 0).all()
    np.testing.assert_allclose(matrix.sum(axis=0), 1)
    assert matrix.trace() == pytest.approx(k * (1 - noise), abs=1e-9)
    if noise > 1e-6:
        free = k * (k - 1)
        zeros = int((matrix[~np.eye(k, dtype=bool)] == 0).sum())
        assert zeros == min(free - round((1 - sparsity) * free), free - k)


def test_hard_rows_are_flipped_more_often() -> None:
    """Instance-dependent noise keeps its rate and falls on the doubtful rows."""
    rng = np.random.default_rng(0)
    labels, probs = case(3, n=4000)
    noisy, flipped = cl_core.flip_by_instance(labels, probs, rate=0.2, rng=rng)
    doubt = 1 - probs[np.arange(4000), labels]
    assert flipped.mean() == pytest.approx(0.2, abs=0.02)
    assert doubt[flipped].mean() > 2 * doubt[~flipped].mean()
    assert (noisy[flipped] != labels[flipped]).all()
    with pytest.raises(cl_core.InputError, match="cannot be flipped"):
        cl_core.flip_by_instance(labels, np.eye(4)[labels], rate=0.1, rng=rng)
