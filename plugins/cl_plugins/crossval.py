"""Out-of-sample probabilities by stratified folds. Knows no columns and no particular model."""

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import StratifiedKFold

from cl_core.errors import InputError
from cl_core.hooks import Progress
from cl_core.types import FloatArray, Indices, Labels

# Learns from the rows `train`; returns the classes it saw and probabilities (rows of test, those classes).
FitPredict: TypeAlias = Callable[[Indices, Indices], tuple[Labels, FloatArray]]


def cross_validated(
    fit_predict: FitPredict,
    labels: Labels,
    classes: Sequence[str],
    *,
    folds: int,
    seed: int,
    progress: Progress,
) -> tuple[FloatArray, tuple[str, ...]]:
    """Predict each row by a model that learned from the other folds only.

    Returns the probabilities, shape (n, k) in the order of `classes`, zero for a class that labels
    no row; and what scikit-learn warned of, one sentence a kind of warning.
    """
    _refuse_rare(labels, classes, folds)
    probs = np.zeros((len(labels), len(classes)))
    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    warned: Counter[str] = Counter()
    for done, (train, test) in enumerate(splitter.split(labels, labels)):
        progress(done, folds, f"fold {done + 1} of {folds}")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            seen, found = fit_predict(train, test)
        probs[np.ix_(test, seen)] = found
        warned.update({_first_sentence(warning) for warning in caught})
    progress(folds, folds, "all folds predicted")
    probs /= probs.sum(axis=1, keepdims=True)
    return probs, tuple(f"{text} ({count} of {folds} folds)" for text, count in warned.items())


def _refuse_rare(labels: Labels, classes: Sequence[str], folds: int) -> None:
    counts = np.bincount(labels, minlength=len(classes))
    rare = np.flatnonzero((counts > 0) & (counts < folds))
    if not len(rare):
        return
    listed = ", ".join(f"{classes[c]!r} ({counts[c]})" for c in rare[:10])
    fewest = int(counts[rare].min())
    fewer = f"set model.folds to {fewest} or fewer, " if fewest > 1 else ""
    raise InputError(
        f"{len(rare)} of {len(classes)} classes have fewer rows than the {folds} folds: {listed}",
        hint=f"{fewer}merge rare classes, label more of their rows, or leave them out",
    )


def _first_sentence(warning: warnings.WarningMessage) -> str:
    if issubclass(warning.category, ConvergenceWarning):
        return "the model stopped before it converged"
    return f"{warning.category.__name__}: {str(warning.message).strip().splitlines()[0]}"
