"""The order of an audit."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cl_core.audit.order import apportion


@given(st.lists(st.floats(0.05, 1), min_size=1, max_size=5), st.integers(1, 120))
def test_every_beginning_of_the_order_gives_each_stratum_its_due(parts: list[float], n_rows: int) -> None:
    """After any number of rows no stratum is further than one row and a half from its share."""
    shares = np.asarray(parts) / sum(parts)
    order = apportion(shares.tolist(), [1000] * len(parts), n_rows)
    taken = np.cumsum(order[:, None] == np.arange(len(parts)), axis=0)
    due = np.arange(1, n_rows + 1)[:, None] * shares
    assert np.abs(taken - due).max() <= 1.5


def test_a_stratum_that_runs_out_leaves_its_share_to_the_others() -> None:
    """Three rows in all: the order ends when they are used up."""
    assert sorted(apportion([0.9, 0.1], [1, 2], 10).tolist()) == [0, 1, 1]


def test_an_order_can_be_continued() -> None:
    """Four rows and then four more are the same as eight at once."""
    whole = apportion([0.5, 0.3, 0.2], [9, 9, 9], 8)
    begun = apportion([0.5, 0.3, 0.2], [9, 9, 9], 4)
    rest = apportion([0.5, 0.3, 0.2], [9, 9, 9], 4, np.bincount(begun, minlength=3).tolist())
    assert whole.tolist() == [*begun.tolist(), *rest.tolist()]
