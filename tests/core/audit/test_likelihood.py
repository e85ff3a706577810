"""Likelihoods of the number of wrong labels."""

from math import lgamma

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cl_core.audit.likelihood import LEFT_TO_GAIN, log_likelihood, most_likely_wrong
from cl_core.audit.roots import crossings


def exact(wrong: int, audited: int, size: int, population: int) -> float:
    """Log probability of the answers in one order, from factorials."""
    found = lgamma(population + 1) - lgamma(population - wrong + 1)
    right = audited - wrong
    cleared = lgamma(size - population + 1) - lgamma(size - population - right + 1)
    return found + cleared - lgamma(size + 1) + lgamma(size - audited + 1)


@given(size=st.integers(2, 60), data=st.data())
def test_the_likelihood_is_the_product_of_the_draws(size: int, data: st.DataObject) -> None:
    """For whole numbers it is the probability of the answers in their order, from factorials."""
    audited = data.draw(st.integers(1, size))
    wrong = data.draw(st.integers(0, audited))
    population = data.draw(st.integers(wrong, size - (audited - wrong)))
    found, rows = np.array([[float(wrong)]]), np.array([[float(audited)]])
    value = log_likelihood(found, rows, np.array([float(size)]), np.array([[float(population)]]))
    assert value[0] == pytest.approx(exact(wrong, audited, size, population), abs=1e-9)


@given(seed=st.integers(0, 2**32 - 1))
@example(seed=6400631)
def test_no_other_share_out_is_likelier(seed: int) -> None:
    """Moving wrong rows from one stratum to another never raises the likelihood."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(20, 500, 4).astype(float)
    audited = np.minimum(rng.integers(0, rng.choice([15, 400]), 4), sizes).astype(float)[None]
    wrong = np.floor(audited * rng.random(4))
    total = rng.uniform(wrong.sum(), sizes.sum() - (audited - wrong).sum())
    best = most_likely_wrong(wrong, audited, sizes, np.array([total]))
    assert best.sum() == pytest.approx(total, rel=1e-5)
    reached = log_likelihood(wrong, audited, sizes, best)[0]
    for _ in range(20):
        giver, taker = rng.choice(4, 2, replace=False)
        step = rng.random() * min(
            best[0, giver] - wrong[0, giver],
            sizes[taker] - audited[0, taker] + wrong[0, taker] - best[0, taker],
        )
        other = best.copy()
        other[0, [giver, taker]] += [-step, step]
        assert log_likelihood(wrong, audited, sizes, other)[0] <= reached + LEFT_TO_GAIN


def test_at_the_plain_estimate_nothing_is_moved() -> None:
    """Ten of 20 and none of 40 wrong, in strata of 1,000: about 500 and none."""
    answers = np.array([[10.0, 0.0]]), np.array([[20.0, 40.0]])
    shared = most_likely_wrong(*answers, np.array([1000.0, 1000.0]), np.array([500.0]))
    np.testing.assert_allclose(shared, [[500, 0]], atol=0.5)


def test_a_jump_ends_between_the_brackets() -> None:
    """A function that jumps from 1 to -1 at 0.3 is narrowed down to the jump."""
    above, below = crossings(
        lambda x, _: np.where(x < 0.3, 1.0, -1.0), np.zeros(1), np.ones(1), tolerance=1e-6
    )
    assert above[0] < 0.3 <= below[0] < above[0] + 1e-6
