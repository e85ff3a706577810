"""Probabilities for every row from a model that never saw it. No judgement of labels."""

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import StratifiedGroupKFold, check_cv
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import has_fit_parameter

from cl_core.checkpoints import Fold, fold_keeper, keeping_folds
from cl_core.errors import ConfigError, InputError
from cl_core.inputs import check_labels
from cl_core.types import FloatArray, Indices, Labels

_NAMED = 5

# Learns from the rows `train`; returns the classes it saw and probabilities (rows of test, those classes).
FitPredict: TypeAlias = Callable[[Indices, Indices], tuple[Labels, FloatArray]]
# Told the folds done, the folds in all, and what is being done.
FoldProgress: TypeAlias = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, eq=False)
class CrossValidated:
    """Out-of-sample probabilities and what people should know about them.

    Attributes
    ----------
    pred_probs
        Shape ``(n, k)``, columns in the order of the class numbers.
    fold
        Shape ``(n,)``: number of the fold in which each row was held out.
    notes
        One sentence each: classes that a fold could not learn, and what the models warned of.
    """

    pred_probs: FloatArray
    fold: NDArray[np.intp]
    notes: tuple[str, ...]


def cross_validate(
    fit_predict: FitPredict,
    labels: Labels,
    n_classes: int,
    splits: Sequence[tuple[Indices, Indices]],
    *,
    progress: FoldProgress | None = None,
    resumable: bool = False,
    memo: list[int] | None = None,
) -> CrossValidated:
    """Predict the rows each split holds out from the rows it learns from.

    Parameters
    ----------
    fit_predict
        Gets the rows to learn from and the rows to predict; returns the class numbers it learned and
        probabilities, shape ``(held out, learned)``.
    labels
        Class numbers ``0..k-1``, shape ``(n,)``.
    n_classes
        Number of classes k.
    splits
        Rows to learn from and rows to predict, each row predicted exactly once.
    progress
        Called before each split and after the last.
    resumable
        Let the gate keep each finished split, so that a run that is cut off goes on from there. Only for
        a `fit_predict` whose answer depends on its two arguments and on nothing that an earlier call did.
    memo
        A list to which `fit_predict` may append numbers of its own, such as epochs; those of a split that
        was kept are appended as if it had been fitted.

    Returns
    -------
    CrossValidated
        A class that a split could not learn gets probability 0 there, and a note says so.

    Raises
    ------
    InputError
        For splits that leave a row out, hold one out twice or learn from a row they hold out.

    Examples
    --------
    >>> def majority(train, test):
    ...     return np.array([0, 1]), np.full((len(test), 2), [0.75, 0.25])
    >>> halves = [(np.array([0, 1]), np.array([2, 3])), (np.array([2, 3]), np.array([0, 1]))]
    >>> cross_validate(majority, np.array([0, 1, 0, 1]), 2, halves).fold.tolist()
    [1, 1, 0, 0]
    """
    fold = _fold_of_each(splits, len(labels))
    probs = np.zeros((len(labels), n_classes))
    unlearned: Counter[int] = Counter()
    warned: Counter[str] = Counter()
    put_down = [] if memo is None else memo
    number = keeper.begin() if (keeper := fold_keeper() if resumable else None) else 0
    for done, (train, test) in enumerate(splits):
        if progress is not None:
            progress(done, len(splits), f"fold {done + 1} of {len(splits)}")
        kept = keeper.find(number, train, test) if keeper else None
        if kept is not None:
            put_down.extend(kept.memo)
        else:
            kept = _fitted(fit_predict, train, test, put_down)
            if keeper:
                keeper.keep(number, train, test, kept)
        probs[np.ix_(test, kept.seen)] = kept.probs
        warned.update(kept.heard)
        held_out = labels[test]
        unlearned.update(held_out[~np.isin(held_out, kept.seen)].tolist())
    if progress is not None:
        progress(len(splits), len(splits), "all folds predicted")
    heard = tuple(f"{text} ({count} of {len(splits)} folds)" for text, count in warned.items())
    return CrossValidated(probs, fold, (*_notes(unlearned), *heard))


def _fitted(fit_predict: FitPredict, train: Indices, test: Indices, memo: list[int]) -> Fold:
    before = len(memo)
    # A cross-validation within a fold is part of it: kept by itself, it could be taken for another one's.
    with warnings.catch_warnings(record=True) as caught, keeping_folds(None):
        warnings.simplefilter("always")
        seen, found = fit_predict(train, test)
    heard = {_first_sentence(warning) for warning in caught}
    return Fold(np.asarray(seen), np.asarray(found), tuple(sorted(heard)), tuple(memo[before:]))


def cross_validated_probs(
    classifier: Any,
    features: Any,
    labels: ArrayLike,
    *,
    n_classes: int | None = None,
    cv: Any = 5,
    groups: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    seed: int = 0,
) -> CrossValidated:
    """Predict every row by a copy of the classifier that was fitted without it.

    Parameters
    ----------
    classifier
        Any scikit-learn classifier with ``predict_proba``; it is cloned, and every ``random_state`` of it
        that is None gets `seed`, so that the same call gives the same numbers.
    features
        What it learns from, n rows: array, sparse matrix or data frame.
    labels
        Class numbers ``0..k-1``, shape ``(n,)``.
    n_classes
        Number of classes k; one more than the largest label when left out.
    cv
        Number of folds, or a splitter of scikit-learn that holds out every row exactly once. A number
        makes folds with the same share of every class; rows of one group stay together.
    groups
        Rows of the same group (a patient, a video) are held out together, shape ``(n,)``.
    sample_weight
        Weights for fitting, shape ``(n,)``.
    seed
        Seed of the folds and of the classifier.

    Returns
    -------
    CrossValidated
        A class that a fold could not learn, having all its rows held out, gets probability 0 there, and
        a note says so.

    Raises
    ------
    InputError
        For one class, fewer rows than folds, or a splitter that leaves rows out or repeats them.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> rows = np.array([[0.0], [0.1], [1.0], [1.1]])
    >>> result = cross_validated_probs(GaussianNB(), rows, [0, 0, 1, 1], cv=2)
    >>> result.pred_probs.argmax(axis=1)
    array([0, 0, 1, 1])
    """
    k = int(np.max(labels, initial=0)) + 1 if n_classes is None else n_classes
    codes = check_labels(labels, k)
    if len(np.unique(codes)) < 2:  # noqa: PLR2004 - two classes make a classification
        raise InputError("the labels hold one class only", hint="a classifier needs two classes or more")
    weights = None if sample_weight is None else np.asarray(sample_weight)
    if weights is not None and not has_fit_parameter(classifier, "sample_weight"):
        raise ConfigError(
            f"{type(classifier).__name__} does not take sample weights", hint="leave sample_weight out"
        )
    model = seeded(classifier, seed)

    def fit_predict(train: Indices, test: Indices) -> tuple[Labels, FloatArray]:
        extra = {} if weights is None else {"sample_weight": weights[train]}
        fitted = clone(model).fit(_safe_indexing(features, train), codes[train], **extra)
        return fitted.classes_, fitted.predict_proba(_safe_indexing(features, test))

    splits = _splits(features, codes, cv, groups, seed)
    return cross_validate(fit_predict, codes, k, splits, resumable=True)


def _fold_of_each(splits: Sequence[tuple[Indices, Indices]], n_rows: int) -> NDArray[np.intp]:
    fold = np.full(n_rows, -1, dtype=np.intp)
    for number, (train, test) in enumerate(splits):
        if (fold[test] >= 0).any():
            raise InputError("the splitter holds a row out twice", hint="use a splitter like KFold")
        if np.isin(test, train).any():
            raise InputError(
                f"split {number} learns from rows that it holds out", hint="use a splitter like KFold"
            )
        fold[test] = number
    if (fold < 0).any():
        raise InputError(
            f"the splitter never holds out {int((fold < 0).sum()):,} rows",
            hint="use a splitter that holds out every row once, like KFold",
        )
    return fold


def stratified_folds(labels: Labels, folds: int, seed: int) -> NDArray[np.intp]:
    """Fold of each row: every class spread as evenly as can be, also one with fewer rows than folds.

    Examples
    --------
    >>> np.bincount(stratified_folds(np.array([0, 0, 0, 0, 1]), 2, 0)).tolist()
    [3, 2]
    """
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(labels))
    # Going on where the last class stopped keeps the folds of equal size.
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    fold = np.empty(len(labels), dtype=np.intp)
    fold[by_class] = (np.arange(len(labels)) + rng.integers(folds)) % folds
    return fold


def _splits(
    features: Any, codes: Labels, cv: Any, groups: ArrayLike | None, seed: int
) -> list[tuple[Indices, Indices]]:
    if not isinstance(cv, (int, np.integer)):
        return list(check_cv(cv, codes, classifier=True).split(features, codes, groups))
    units = len(codes) if groups is None else len(np.unique(np.asarray(groups)))
    if not 2 <= cv <= units:  # noqa: PLR2004 - one fold would hold everything out
        raise InputError(
            f"{cv} folds of {units:,} {'rows' if groups is None else 'groups'}",
            hint="take two folds or more, and no more than there are rows or groups",
        )
    if groups is not None:
        grouped = StratifiedGroupKFold(int(cv), shuffle=True, random_state=seed)
        return list(grouped.split(np.zeros(len(codes)), codes, groups))
    fold = stratified_folds(codes, int(cv), seed)
    return [(np.flatnonzero(fold != i), np.flatnonzero(fold == i)) for i in range(int(cv))]


def seeded(classifier: Any, seed: int) -> Any:
    """Clone a classifier and give every open ``random_state`` in it the seed."""
    model = clone(classifier)
    states = {
        name: seed
        for name, value in model.get_params(deep=True).items()
        if value is None and name.rpartition("__")[2] == "random_state"
    }
    return model.set_params(**states)


def _notes(unlearned: Counter[int]) -> list[str]:
    if not unlearned:
        return []
    rare = sorted(unlearned)
    named = ", ".join(map(str, rare[:_NAMED])) + (", ..." if len(rare) > _NAMED else "")
    note = (
        f"{unlearned.total()} rows of {len(rare)} rare classes (numbers {named}) were held out "
        "together: their fold could not learn the class and gives it probability 0"
    )
    return [note]


def _first_sentence(warning: warnings.WarningMessage) -> str:
    if issubclass(warning.category, ConvergenceWarning):
        return "the model stopped before it converged"
    return f"{warning.category.__name__}: {str(warning.message).strip().splitlines()[0]}"
