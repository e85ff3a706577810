"""Rows are held out by class, by whole groups or by whole periods, and nobody learns from what it judges."""

from typing import Any

import numpy as np
import pytest

from cl_core.dataset import Dataset
from cl_core.errors import ConfigError, InputError
from cl_core.testing import sample_dataset
from cl_plugins.backends.folds import make_splits, out_of_sample
from cl_plugins.options import FoldOptions


def rows(n: int, **more: Any) -> Dataset:
    labels = np.arange(n, dtype=np.intp) % 2
    return Dataset("d", np.arange(n), labels, ("x", "y"), None, "none", "f", **more)


def test_groups_are_never_parted() -> None:
    """With groups in the data, no group is on both sides of a split, and a note says so."""
    groups = np.repeat(np.arange(12), 4)
    splits, notes = make_splits(rows(48, groups=groups), FoldOptions(folds=3))
    assert all(not set(groups[train]) & set(groups[test]) for train, test in splits)
    assert notes == ("rows of one group were held out together: 12 groups in 3 folds",)


def test_periods_are_whole_and_a_gap_stays_unused() -> None:
    """Six moments in shuffled order, two rows each, three folds: periods of four rows, a gap of one."""
    times = np.array([5, 0, 3, 1, 2, 4, 0, 5, 1, 3, 4, 2])
    splits, notes = make_splits(rows(12, times=times), FoldOptions(folds=3, gap=1))
    assert [sorted(set(times[test].tolist())) for _, test in splits] == [[0, 1], [2, 3], [4, 5]]
    assert [sorted(times[train].tolist()) for train, _ in splits] == [
        [2, 3, 3, 4, 4, 5, 5],
        [0, 0, 1, 4, 5, 5],
        [0, 0, 1, 1, 2, 2, 3],
    ]
    assert notes == ("whole periods were held out: 3 of them, 1 rows between unused",)


def test_learning_from_the_past_only() -> None:
    """Every period but the first is judged by what came before it."""
    splits, notes = make_splits(rows(12, times=np.arange(12)), FoldOptions(folds=3, past_only=True))
    assert [train.tolist() for train, _ in splits] == [[4, 5, 6, 7], [0, 1, 2, 3], [0, 1, 2, 3, 4, 5, 6, 7]]
    assert "the first from the second" in notes[0]


def test_equal_times_stay_together() -> None:
    """A moment with most of the rows is one period, however many folds were asked for."""
    times = np.array([0] * 9 + [1, 2, 3])
    splits, _ = make_splits(rows(12, times=times), FoldOptions(folds=4))
    assert [sorted(set(times[test].tolist())) for _, test in splits] == [[0], [1, 2, 3]]


@pytest.mark.parametrize(
    ("more", "options", "says"),
    [
        ({}, {"split": "group"}, "came without groups"),
        ({}, {"split": "time"}, "came without times"),
        ({"groups": np.zeros(12)}, {}, "1 groups cannot make 5 folds"),
        ({"times": np.zeros(12)}, {}, "one period only"),
        ({"times": np.arange(12)}, {"folds": 2, "gap": 6}, "fewer than two classes"),
    ],
)
def test_what_cannot_be_held_out_is_refused(more: Any, options: Any, says: str) -> None:
    """The error says what the data lack and what to do."""
    with pytest.raises((InputError, ConfigError), match=says) as caught:
        make_splits(rows(12, **more), FoldOptions(**options))
    assert caught.value.hint


def test_one_class_is_refused() -> None:
    """Nothing can be learned from a single class."""
    data = Dataset("d", np.arange(4), np.zeros(4, dtype=np.intp), ("x", "y"), None, "none", "f")
    with pytest.raises(InputError, match="one class only"):
        make_splits(data, FoldOptions(folds=2))


def test_probabilities_are_by_row_and_sum_to_one() -> None:
    """A model that counts its training labels: every row gets the shares of the other folds."""
    data = sample_dataset(n_rows=30)

    def shares(train: Any, test: Any) -> Any:
        counts = np.bincount(data.labels[train], minlength=3).astype(float)
        return np.arange(3), np.tile(counts * 7, (len(test), 1))

    told: list[int] = []
    probs, notes = out_of_sample(shares, data, FoldOptions(), lambda done, *_: told.append(done))
    np.testing.assert_allclose(probs, 1 / 3)
    assert (told, notes) == ([0, 1, 2, 3, 4, 5], ())
