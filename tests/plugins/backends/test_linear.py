"""The shared linear head: closed forms that say the same as refitting, and probabilities worth their name."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cl_plugins.backends import linear
from cl_plugins.backends.linear import Rows, fit_linear, sharpest


def clouds(
    n: int, k: int, seed: int, apart: float = 2.0
) -> tuple[Rows, "np.ndarray[tuple[int], np.dtype[np.intp]]"]:
    rng = np.random.default_rng(seed)
    labels = (np.arange(n) % k).astype(np.intp)
    rows = rng.normal(size=(n, k + 3))
    rows[np.arange(n), labels] += apart
    return rows.astype(np.float32), labels


def test_leaving_one_out_is_what_refitting_says() -> None:
    """The score of a row by all others, from one fit, is that of a ridge regression without the row."""
    rows, labels = clouds(30, 3, 0)
    centre, share = rows.mean(axis=0, dtype=np.float64), np.bincount(labels) / 30
    system = linear._Normal.of(rows, labels, 3, centre, share)
    found = linear._leave_one_out(system, rows - centre, labels, share, 30)[2]
    ridge = system.ridge(linear._SHRINKING[2])
    wanted = np.eye(3)[labels]
    for i in (0, 7, 29):
        others = np.arange(30) != i
        mean, offset = rows[others].mean(axis=0, dtype=np.float64), wanted[others].mean(axis=0)
        x, y = rows[others] - mean, wanted[others] - offset
        weights = np.linalg.solve(x.T @ x + ridge * np.eye(6), x.T @ y)
        np.testing.assert_allclose(found[i] + share, (rows[i] - mean) @ weights + offset, atol=1e-6)


def test_leaving_groups_out_is_what_refitting_says() -> None:
    """Taking a fold's part off the normal equations is fitting the rest."""
    rows, labels = clouds(24, 2, 1)
    groups = np.repeat(np.arange(4), 6)
    centre, share = rows.mean(axis=0, dtype=np.float64), np.bincount(labels) / 24
    system = linear._Normal.of(rows, labels, 2, centre, share)
    found, judges = linear._leave_groups_out(system, rows, labels, groups, centre, share)
    assert sorted(judges.tolist()) == list(range(24))
    others = groups != groups[judges[0]]
    x, y = rows[others] - centre, np.eye(2)[labels[others]] - share
    gram = x.T @ x
    shrinking = linear._SHRINKING[1] * np.linalg.eigvalsh(gram).mean()
    weights = np.linalg.solve(gram + shrinking * np.eye(5), x.T @ y)
    np.testing.assert_allclose(found[1][0], (rows[judges[0]] - centre) @ weights, atol=1e-6)


def test_probabilities_are_as_good_as_their_word() -> None:
    """Of rows the model gives 80 to 90 %, 80 to 90 % are right, give or take what 3,000 rows allow."""
    rows, labels = clouds(6_000, 4, 2)
    probs = fit_linear(rows[:3000], labels[:3000]).predict_proba(rows[3000:])
    top, right = probs.max(axis=1), probs.argmax(axis=1) == labels[3000:]
    for low, high in ((0.4, 0.6), (0.6, 0.8), (0.8, 0.9)):
        there = (top >= low) & (top < high)
        assert there.sum() > 100
        assert abs(top[there].mean() - right[there].mean()) < 0.08


def test_strangers_make_it_less_sure() -> None:
    """Where every group has a way of its own, groups held out whole give a softer model."""
    rng = np.random.default_rng(3)
    rows, labels = clouds(400, 2, 3, apart=1.0)
    groups = np.arange(400) // 2 % 8
    mark = rng.normal(size=(8, 2, 40)) * 2  # what a group's rows of one class share
    marked = np.hstack([rows, mark[groups, labels]]).astype(np.float32)
    sure = fit_linear(marked, labels).predict_proba(marked).max(axis=1).mean()
    careful = fit_linear(marked, labels, groups=groups).predict_proba(marked).max(axis=1).mean()
    assert careful < sure - 0.05


@given(n=st.integers(2, 40), k=st.integers(2, 6), seed=st.integers(0, 99), alike=st.booleans())
def test_any_rows_give_probabilities(n: int, k: int, seed: int, alike: bool) -> None:
    """Few rows, classes of one row and rows that are all alike: rows that sum to 1, nothing else."""
    rows, labels = clouds(max(n, k), k, seed)
    if alike:
        rows[:] = 1.0
    probs = fit_linear(rows, labels).predict_proba(rows)
    assert probs.shape == (len(rows), k)
    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-9)
    assert (probs >= 0).all()


def test_the_sharpest_softmax_is_found() -> None:
    """Scores of plus or minus a half, right in three of four rows: odds of 3 need a factor of log 3."""
    scores = np.array([[0.5, -0.5]] * 4)
    loss, factor = sharpest(scores, np.array([0, 0, 0, 1]))
    assert factor == pytest.approx(np.log(3), rel=0.03)
    assert loss == pytest.approx(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)), abs=1e-3)
