"""The detector as scikit-learn sees it, and what cross-validation promises."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, ShuffleSplit
from sklearn.neighbors import KNeighborsClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

import cl_core
from cl_core.crossval import cross_validated_probs
from cl_core.detector import LabelNoiseDetector


@parametrize_with_checks(  # type: ignore[untyped-decorator]
    [LabelNoiseDetector(), LabelNoiseDetector(RandomForestClassifier(20))]
)
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")
def test_scikit_learns_own_checks(estimator: Any, check: Any) -> None:
    """The detector is an estimator like any other."""
    check(estimator)


def test_flipped_digits_are_found() -> None:
    """Of a tenth of flipped digits most are found, and few others with them."""
    features, true = load_digits(return_X_y=True)
    labels, flipped = cl_core.flip_labels(true, rate=0.1, n_classes=10, rng=np.random.default_rng(0))
    model = LogisticRegression(C=0.05, max_iter=500)
    found = LabelNoiseDetector(model).fit(features / 16, labels).label_issues_
    assert (found & flipped).sum() / flipped.sum() > 0.8
    assert (found & flipped).sum() / found.sum() > 0.75


class Memory(KNeighborsClassifier):  # type: ignore[misc]
    """Remembers its rows: a leak would show as certainty."""

    def __init__(self) -> None:
        super().__init__(1)


def test_no_row_is_judged_by_a_model_that_saw_it() -> None:
    """With random labels a model that remembers its rows is right by chance only."""
    rng = np.random.default_rng(0)
    features, labels = rng.random((400, 3)), rng.integers(0, 2, 400)
    result = cross_validated_probs(Memory(), features, labels)
    assert 0.4 < (result.pred_probs.argmax(axis=1) == labels).mean() < 0.6
    assert set(result.fold) == set(range(5))


def test_groups_are_held_out_together() -> None:
    """Copies of a row in one group cannot tell on each other."""
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(100), 3)
    features, labels = rng.random((100, 3))[groups], rng.integers(0, 2, 100)[groups]
    together = cross_validated_probs(Memory(), features, labels, groups=groups)
    apart = cross_validated_probs(Memory(), features, labels)
    assert all(len(set(together.fold[groups == g])) == 1 for g in range(100))
    assert (together.pred_probs.argmax(axis=1) == labels).mean() < 0.65
    assert (apart.pred_probs.argmax(axis=1) == labels).mean() > 0.8


def test_the_same_seed_gives_the_same_numbers() -> None:
    """Folds and the forest inside depend on the seed and on nothing else."""
    features, labels = load_digits(return_X_y=True)
    forest = RandomForestClassifier(10)
    first, second, other = (
        cross_validated_probs(forest, features, labels, seed=seed).pred_probs for seed in (3, 3, 4)
    )
    assert first.tobytes() == second.tobytes()
    assert (first != other).any()
    assert forest.random_state is None


def test_rare_classes_are_handled_and_said() -> None:
    """A class of one row has probability 0 in its fold, its column stays, and a note says so."""
    rng = np.random.default_rng(0)
    features, labels = rng.random((50, 2)), rng.integers(0, 2, 50)
    labels[7] = 2
    result = cross_validated_probs(LogisticRegression(), features, labels, n_classes=4)
    assert result.pred_probs.shape == (50, 4)
    assert result.pred_probs[7, 2] == 0
    assert (result.pred_probs[:, 3] == 0).all()
    assert "1 rows of 1 rare classes (numbers 2)" in result.notes[0]
    np.testing.assert_allclose(result.pred_probs.sum(axis=1), 1)


def test_sample_weights_reach_every_fit() -> None:
    """Rows of weight 0 teach nothing."""
    features = np.repeat([[0.0], [1.0]], 20, axis=0)
    labels = np.repeat([0, 1], 20)
    wrong = labels.copy()
    wrong[::4] = 1 - wrong[::4]
    weights = (wrong == labels).astype(float)
    model = LogisticRegression(C=1e4)
    probs = cross_validated_probs(model, features, wrong, sample_weight=weights).pred_probs
    assert probs[np.arange(40), labels].min() > 0.95
    with pytest.raises(cl_core.ConfigError, match="does not take sample weights"):
        cross_validated_probs(Memory(), features, wrong, sample_weight=weights)


@pytest.mark.parametrize(
    ("cv", "words"),
    [(1, "1 folds of 20 rows"), (21, "21 folds"), (ShuffleSplit(1, random_state=0), "never holds out")],
)
def test_splits_that_cannot_judge_every_row_are_refused(cv: Any, words: str) -> None:
    """Every row must be held out once."""
    features, labels = np.arange(20.0)[:, None], np.arange(20) % 2
    with pytest.raises(cl_core.InputError, match=words):
        cross_validated_probs(LogisticRegression(), features, labels, cv=cv)
    assert len(cross_validated_probs(LogisticRegression(), features, labels, cv=KFold(4)).fold) == 20
