"""Naive Bayes and a linear support vector machine, one opinion: the model of the text backend.

Naive Bayes is hard to fool by wrong labels, the other knows better what to look at. How much each
counts, and how sure they may be together, held-out rows decide by their log-likelihood.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.model_selection import GroupShuffleSplit, StratifiedShuffleSplit
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC

from cl_core.types import FloatArray, Indices, Labels
from cl_plugins.backends.words import Words

_SMOOTHING = 0.1
_SVM_C = 0.3
_HELD_OUT = 0.25
# Logs of what each opinion counts, where there are too few rows to find out.
_USUAL = np.log([0.26, 2.7])

_Opinions: TypeAlias = tuple[FloatArray, FloatArray]  # (n, k) each


def text_probs(
    words: Words, labels: Labels, train: Indices, test: Indices, *, groups: NDArray[Any] | None, seed: int
) -> tuple[Labels, FloatArray]:
    """Learn from the rows `train`; return the classes they hold and probabilities for `test`."""
    seen, codes = np.unique(labels[train], return_inverse=True)
    counts = _what_counts(words, codes, train, groups=groups, seed=seed)
    opinions = _opinions(words, codes, train, test, seed)
    return seen, softmax(_pooled(opinions, counts), axis=1)


def _what_counts(
    words: Words, codes: Labels, train: Indices, *, groups: NDArray[Any] | None, seed: int
) -> FloatArray:
    """Find out on a quarter of the training rows what each opinion counts."""
    split = _inner_split(codes, None if groups is None else groups[train], seed)
    if split is None:
        return np.asarray(_USUAL)
    learn, judge = split
    known, learned = np.unique(codes[learn], return_inverse=True)
    judge = judge[np.isin(codes[judge], known)]
    if len(judge) == 0 or len(known) < 2:  # noqa: PLR2004 - two classes make a classification
        return np.asarray(_USUAL)
    opinions = _opinions(words, learned, train[learn], train[judge], seed)
    wanted = np.searchsorted(known, codes[judge])

    def loss(counts: FloatArray) -> float:
        logs = log_softmax(_pooled(opinions, counts), axis=1)
        return -float(logs[np.arange(len(wanted)), wanted].mean())

    found = minimize(
        loss, _USUAL, method="Nelder-Mead", options={"maxiter": 60, "xatol": 0.02, "fatol": 1e-5}
    )
    return np.asarray(found.x)


def _inner_split(codes: Labels, groups: NDArray[Any] | None, seed: int) -> tuple[Indices, Indices] | None:
    """Rows to learn from and rows to judge by; None where classes or groups are too small for it."""
    rows = np.zeros(len(codes))
    if groups is not None and len(np.unique(groups)) > 1:
        learn, judge = next(
            GroupShuffleSplit(1, test_size=_HELD_OUT, random_state=seed).split(rows, codes, groups)
        )
        return learn, judge
    k = int(codes.max()) + 1
    if np.bincount(codes).min() < 2 or len(codes) * _HELD_OUT < k:  # noqa: PLR2004 - one to learn, one to judge
        return None
    learn, judge = next(StratifiedShuffleSplit(1, test_size=_HELD_OUT, random_state=seed).split(rows, codes))
    return learn, judge


def _pooled(opinions: _Opinions, counts: FloatArray) -> FloatArray:
    bayes, machine = opinions
    pooled: FloatArray = np.exp(counts[0]) * bayes + np.exp(counts[1]) * machine
    return pooled


def _opinions(words: Words, codes: Labels, train: Indices, test: Indices, seed: int) -> _Opinions:
    """Log-probabilities by naive Bayes and margins by the support vector machine, for `test`."""
    (learn_words, learn_all), (test_words, test_all) = words.split(train, test)
    bayes = MultinomialNB(alpha=_SMOOTHING).fit(learn_all, codes).predict_joint_log_proba(test_all)
    machine = LinearSVC(C=_SVM_C, random_state=seed).fit(learn_words, codes).decision_function(test_words)
    if machine.ndim == 1:  # two classes: one margin
        machine = np.column_stack([-machine, machine]) / 2
    return bayes - bayes.max(axis=1, keepdims=True), machine
