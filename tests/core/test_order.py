"""The order in which people look at the rows."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from cl_core import assess
from cl_core.engine.plan import Plan
from cl_core.order import MOST_WORK, review_ranks
from cl_core.reading import read
from cl_core.synthetic import flip_by_matrix


def test_doubted_labels_come_first_then_the_least_sure() -> None:
    """Rows whose label is not the model's first choice lead; the others follow by self-confidence."""
    probs = [[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.45, 0.55]]
    assert review_ranks(read([0, 0, 0, 1], probs)).tolist() == [4, 3, 1, 2]


def test_errors_that_run_along_a_pair_are_found_sooner_than_by_self_confidence() -> None:
    """Where only cats are called dogs, doubted dogs come before equally doubted birds."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, 3, 6_000)
    noise = np.array([[0.6, 0.0, 0.0], [0.4, 1.0, 0.0], [0.0, 0.0, 1.0]])  # given label down, true one across
    labels, wrong = flip_by_matrix(true, noise, rng=rng)
    probs = rng.dirichlet([0.6] * 3, len(true))
    probs = (probs + 0.8 * (noise.T[true])) / 1.8
    ranks, alone = review_ranks(read(labels, probs)), probs[np.arange(len(labels)), labels]
    assert average_precision_score(wrong, -ranks) > average_precision_score(wrong, -alone) + 0.02


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), k=st.integers(2, 5), n=st.integers(1, 600), block=st.integers(8, 4096))
def test_every_rank_is_given_once_whatever_the_blocks_and_the_order_of_rows(
    seed: int, k: int, n: int, block: int
) -> None:
    """Ranks count from 1 to n, and neither blocks nor the order of the rows move a row."""
    rng = np.random.default_rng(seed)
    labels, probs = rng.integers(0, k, n), rng.dirichlet(np.ones(k), n)
    ranks = review_ranks(read(labels, probs))
    assert sorted(ranks.tolist()) == list(range(1, n + 1))
    assert (review_ranks(read(labels, probs, plan=Plan(workers=1, block_bytes=block))) == ranks).all()
    order = rng.permutation(n)
    assert (review_ranks(read(labels[order], probs[order])) == ranks[order]).all()


def test_more_classes_than_a_second_opinion_can_be_had_for_go_by_self_confidence() -> None:
    """Beyond the bound on work the order is that of self-confidence among the doubted rows."""
    rng = np.random.default_rng(1)
    k = 1_500
    labels, probs = rng.integers(0, k, 400), rng.dirichlet(np.ones(k), 400)
    assert 400 * k**2 > MOST_WORK
    alone = probs[np.arange(400), labels]
    doubted = probs.max(axis=1) > alone
    assert (np.argsort(review_ranks(read(labels, probs))) == np.lexsort((alone, ~doubted))).all()


def test_the_scored_table_carries_this_order() -> None:
    """`assess` ranks by it."""
    probs = [[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.45, 0.55]]
    assert assess([0, 0, 0, 1], probs).scored["rank"].tolist() == [4, 3, 1, 2]
