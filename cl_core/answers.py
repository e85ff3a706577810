"""What is wrong with a plugin's answer, in one sentence; empty when nothing is. Calls no plugin."""

import math
from collections.abc import Iterator
from numbers import Real
from typing import Any, get_args

import numpy as np

from cl_core.dataset import Dataset, Predictions
from cl_core.errors import InputError
from cl_core.inputs import check_inputs
from cl_core.noise.record import NoiseEstimate
from cl_core.verdict import Verdict


def dataset_fault(answer: Any) -> str:
    """Look for what no backend could work with: labels out of range, class names that are none."""
    return next(_dataset_faults(answer), "")


def predictions_fault(dataset: Dataset, answer: Any) -> str:
    """Look for what must never be scored: another shape, NaN, rows that are no probabilities."""
    return next(_predictions_faults(dataset, answer), "")


# Each of these stops at its first fault: what comes after it may rely on what came before.


def _dataset_faults(answer: Any) -> Iterator[str]:
    if not isinstance(answer, Dataset):
        yield f"returned {_said(answer)}, wanted a Dataset"
    labels, classes = answer.labels, answer.classes
    yield from _array_faults(labels, "labels", 1)
    if labels.dtype.kind not in "iu":
        yield f"gave labels of type {labels.dtype}, wanted class numbers"
    if not isinstance(classes, tuple) or not all(isinstance(name, str) for name in classes):
        yield f"gave classes {classes!r:.60}, wanted a tuple of strings"
    if len(set(classes)) != len(classes):
        yield "gave two classes of one name"
    if labels.min() < 0 or labels.max() >= len(classes):
        yield f"gave labels from {labels.min()} to {labels.max()} for {len(classes)} classes"
    if not isinstance(answer.fingerprint, str) or not answer.fingerprint:
        yield f"gave the fingerprint {answer.fingerprint!r:.60}, wanted a digest of the content"
    if (answer.features is None) != (answer.modality == "none"):
        yield f"gave modality {answer.modality!r} with features of type {type(answer.features).__name__}"
    if not _are_sentences(answer.notes):
        yield "gave notes that are not sentences"


def _predictions_faults(dataset: Dataset, answer: Any) -> Iterator[str]:
    if not isinstance(answer, Predictions):
        yield f"returned {_said(answer)}, wanted Predictions"
    for name, probs in (("pred_probs", answer.pred_probs), *((v.name, v.pred_probs) for v in answer.views)):
        yield from _array_faults(probs, name, 2)
        if probs.shape != (dataset.n_rows, dataset.n_classes):
            rows = f"{dataset.n_rows:,} rows of {dataset.n_classes} classes"
            yield f"gave probabilities of shape {probs.shape} for {rows}"
        try:
            check_inputs(dataset.labels, probs)
        except InputError as error:
            yield f"gave no probabilities: {error}"
    if not isinstance(answer.out_of_sample, bool | np.bool_ | None):
        yield f"says out_of_sample={answer.out_of_sample!r:.60}, wanted True, False or None"
    if not isinstance(answer.model, str) or not _are_sentences(answer.notes):
        yield "gave a model or notes that are not sentences"


def estimate_fault(answer: Any, n_rows: int, k: int) -> str:
    """Look for an estimate of other rows, or a joint that is none."""
    if not isinstance(answer, NoiseEstimate):
        return f"returned {_said(answer)}, wanted a NoiseEstimate"
    if answer.n_rows != n_rows:
        return f"estimated {answer.n_rows:,} rows, wanted {n_rows:,}"
    if answer.joint is not None and (
        np.shape(answer.joint) != (k, k)
        or not np.isfinite(answer.joint).all()
        or (answer.joint < 0).any()
        or not math.isclose(float(answer.joint.sum()), 1.0, abs_tol=1e-6)
    ):
        return f"gave a joint that is not {k} x {k} shares of 0 or more with a sum of 1"
    if not 0 < answer.confidence < 1:
        return f"gave a confidence of {answer.confidence}, wanted more than 0 and less than 1"
    return "" if _are_sentences(answer.notes) else "gave notes that are not sentences"


def verdict_fault(answer: Any) -> str:
    """Look for an outcome that cannot be compared or shown; whose it is, the judge looks at."""
    if not isinstance(answer, get_args(Verdict)):
        return f"returned {_said(answer)}, wanted Passed, Failed or Undecided"
    for name in ("measured", "limit"):
        number = getattr(answer, name)
        if number is not None and (isinstance(number, bool) or not isinstance(number, Real)):
            return f"gave {number!r:.60} for {name}, wanted a number or None"
    return "" if isinstance(answer.says, str) and answer.says else "says nothing"


def _array_faults(values: Any, name: str, dimensions: int) -> Iterator[str]:
    if not isinstance(values, np.ndarray) or isinstance(values, np.ma.MaskedArray):
        yield f"gave {_said(values)} for {name}, wanted a NumPy array"
    if values.dtype == object:
        yield f"gave {name} of type object, wanted numbers"
    if values.ndim != dimensions:
        yield f"gave {name} of shape {values.shape}, wanted {dimensions} dimensions"


def _are_sentences(notes: Any) -> bool:
    return isinstance(notes, tuple | list) and all(isinstance(note, str) for note in notes)


def _said(value: Any) -> str:
    kind = type(value).__name__
    return f"{'an' if kind[:1].lower() in 'aeiou' else 'a'} {kind}"
