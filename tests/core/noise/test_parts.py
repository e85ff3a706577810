"""The parts of an estimate: joint from pairs, consensus of judges, quality, and the record."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cl_core import NoiseEstimate, model_quality
from cl_core.noise.dawid_skene import consensus
from cl_core.noise.interval import wilson
from cl_core.noise.pairs import scale_joint


def test_errors_are_spread_in_proportion() -> None:
    """A tenth of wrong labels, two thirds of them in the first pair."""
    joint = scale_joint(np.array([[9.0, 0.2], [0.1, 9.0]]), np.array([0.5, 0.5]), 0.1)
    np.testing.assert_allclose(joint, [[0.5 - 0.2 / 3, 0.2 / 3], [0.1 / 3, 0.5 - 0.1 / 3]])


def test_no_class_loses_more_than_it_has() -> None:
    """A small class full of errors gives all it has and the other makes up the rest."""
    joint = scale_joint(np.array([[0, 0.9], [0.1, 0]]), np.array([0.1, 0.9]), 0.3)
    np.testing.assert_allclose(joint, [[0, 0.1], [0.2, 0.7]], atol=1e-12)


@given(seed=st.integers(0, 2**32 - 1), k=st.integers(2, 8), rate=st.floats(0, 1))
def test_the_joint_keeps_the_given_labels_and_the_rate(seed: int, k: int, rate: float) -> None:
    """Rows sum to the given shares; with room everywhere the trace is one minus the rate."""
    rng = np.random.default_rng(seed)
    shape, shares = rng.random((k, k)) + 1e-3, rng.dirichlet(np.ones(k))
    joint = scale_joint(shape, shares, rate)
    np.testing.assert_allclose(joint.sum(axis=1), shares, atol=1e-12)
    assert joint.min() >= 0
    np.testing.assert_allclose(1 - joint.trace(), rate, atol=1e-9)


def test_three_judges_find_out_who_errs() -> None:
    """Two right judges outvote a first one who errs in a tenth of the rows."""
    true = np.arange(3000) % 3
    first = np.where(np.arange(3000) % 10 == 0, (true + 1) % 3, true)
    found = consensus(np.stack([first, true, true], axis=1), 3)
    assert found.disagreement == pytest.approx(0.1, abs=1e-3)
    np.testing.assert_allclose(found.joint.sum(axis=1), np.bincount(first) / 3000, atol=1e-6)


@pytest.mark.parametrize(
    ("share", "n", "low", "high"), [(0.0, 10, 0, 0.2775), (0.5, 10, 0.2366, 0.7634), (1.0, 10, 0.7225, 1)]
)
def test_wilson_s_interval(share: float, n: int, low: float, high: float) -> None:
    """Published values for ten rows at 95 %."""
    np.testing.assert_allclose(wilson(share, n, 0.95), (low, high), atol=1e-4)


def test_a_rare_class_hides_that_a_model_only_guesses() -> None:
    """Naming the largest class agrees with 95 % of the labels and still judges nothing."""
    labels = np.r_[np.zeros(950, int), np.ones(50, int)]
    probs = np.column_stack([np.linspace(0.6, 0.9, 1000), np.linspace(0.4, 0.1, 1000)])
    quality = model_quality(labels, probs)
    assert quality.accuracy == quality.majority == 0.95
    assert not quality.can_judge
    assert "95.0%" in quality.reasons[0]


def test_a_record_knows_its_spread_and_its_classes() -> None:
    """Spread is the distance of the outermost methods; a class's share is its row's off-diagonal."""
    joint = np.array([[0.4, 0.1], [0.0, 0.5]])
    found = NoiseEstimate(0.1, 0.05, 0.2, 0.9, "auto", 10, joint, others=(("a", 0.02), ("b", 0.3)))
    assert found.spread == pytest.approx(0.28)
    np.testing.assert_allclose(found.per_class, [0.2, 0.0])  # type: ignore[arg-type]
    assert NoiseEstimate(0.1, 0.05, 0.2, 0.9, "auto", 10).per_class is None
