"""The disagreement curve: worked by hand, and laws that hold for every input."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cl_core.noise.curve import disagreement_curve


def _sure(lead: list[float]) -> np.ndarray:
    """Two columns with the given leads of class 0 over class 1."""
    top = (1 + np.array(lead)) / 2
    return np.column_stack([top, 1 - top])


def test_tenths_run_from_the_surest_row_to_the_least_sure() -> None:
    """Ten rows of one predicted class make one tenth each."""
    labels = np.array([0, 0, 0, 0, 0, 0, 0, 1, 0, 1])
    curve = disagreement_curve(labels, _sure([0.99, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]))
    np.testing.assert_allclose(curve.steps, [0, 0, 0, 0, 0, 0, 0, 1, 0, 1], atol=1e-12)
    assert curve.disagreement == 0.2


def test_rows_that_tie_share_their_contradictions() -> None:
    """Two of four equally sure rows contradict, so that every tenth is half contradicted."""
    curve = disagreement_curve(np.array([0, 1, 1, 0]), _sure([0.5] * 4))
    np.testing.assert_allclose(curve.steps, np.full(10, 0.5))


def test_each_predicted_class_has_its_own_surest_rows() -> None:
    """The surest half of a class counts even where another class is surer throughout."""
    probs = np.vstack([_sure([0.9, 0.8]), _sure([0.2, 0.1])[:, ::-1]])
    curve = disagreement_curve(np.array([0, 1, 0, 1]), probs)
    np.testing.assert_allclose(curve.steps, [0.5] * 10)
    np.testing.assert_allclose(curve.sure_pairs, np.array([[0.5, 0.5], [0, 0]]))


def test_a_class_contradicted_where_the_model_is_surest_has_no_surest_rows() -> None:
    """Thirty of a hundred rows are contradicted, all at the top: every tenth counts three tenths."""
    lead = np.linspace(0.9, 0.1, 100)
    labels = np.r_[np.ones(30, int), np.zeros(70, int)]
    curve = disagreement_curve(labels, _sure(list(lead)))
    np.testing.assert_allclose(curve.steps, np.full(10, 0.3), atol=1e-12)
    np.testing.assert_allclose(curve.sure_pairs, np.array([[0.7, 0], [0.3, 0]]))
    assert curve.upside_down.tolist() == [0]
    chance = disagreement_curve(np.r_[np.ones(2, int), np.zeros(98, int)], _sure(list(lead)))
    assert chance.upside_down.size == 0


@given(seed=st.integers(0, 2**32 - 1), k=st.integers(2, 6), n=st.integers(1, 120))
def test_names_of_classes_and_order_of_rows_do_not_matter(seed: int, k: int, n: int) -> None:
    """Permuting classes or rows, ties included, leaves the curve; its mean is the disagreement."""
    rng = np.random.default_rng(seed)
    labels, probs = rng.integers(0, k, n), rng.dirichlet(np.ones(k), n)
    copies = rng.integers(0, n, n)  # rows drawn twice tie
    labels, probs = np.r_[labels, rng.integers(0, k, n)], np.r_[probs, probs[copies]]
    curve = disagreement_curve(labels, probs)
    rows, classes = rng.permutation(2 * n), rng.permutation(k)
    again = disagreement_curve(np.argsort(classes)[labels[rows]], probs[rows][:, classes])
    np.testing.assert_allclose(again.steps, curve.steps, atol=1e-9)
    np.testing.assert_allclose(curve.steps.mean(), curve.disagreement, atol=1e-9)
    np.testing.assert_allclose(again.sure_pairs, curve.sure_pairs[np.ix_(classes, classes)], atol=1e-9)
    np.testing.assert_allclose(curve.sure_pairs.sum(), 1)
