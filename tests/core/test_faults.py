"""The fault matrix of docs/faults.md: every row is a case here, and every case a row there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cl_core

K, N = 5, 500
rng = np.random.default_rng(0)
TRUE = rng.integers(0, K, N)
LABELS = np.where(rng.random(N) < 0.1, (TRUE + 1) % K, TRUE)
LOGITS = rng.standard_normal((N, K))
LOGITS[np.arange(N), TRUE] += 4
PROBS = np.exp(LOGITS)
PROBS /= PROBS.sum(axis=1, keepdims=True)


def cell(value: float) -> Any:
    probs = PROBS.copy()
    probs[7, 2] = value
    return probs


def first_label(value: float) -> Any:
    labels = LABELS.astype(np.float64 if value != int(value) or value != value else np.intp)  # noqa: PLR0124
    labels[0] = value
    return labels


def nan_label() -> Any:
    labels = LABELS.astype(np.float64)
    labels[0] = np.nan
    return labels


def barely_over_one() -> Any:
    probs = PROBS.copy()
    probs[0] = [1.00001, 0, 0, 0, 0]
    return probs


ERRORS: dict[str, tuple[Callable[[], Any], str]] = {
    "NaN cell": (lambda: (LABELS, cell(np.nan)), "1 NaN cells, the first in row 7, column 2"),
    "infinite cell": (lambda: (LABELS, cell(np.inf)), "1 infinite cells, the first in row 7, column 2"),
    "negative cell": (lambda: (LABELS, cell(-0.2)), "1 negative cells, the first in row 7, column 2"),
    "rows that do not sum to 1": (lambda: (LABELS, cell(0.9)), "1 rows of pred_probs do not sum to 1"),
    "logits": (lambda: (LABELS, LOGITS), "negative cells"),
    "whole-number probabilities": (lambda: (LABELS, np.eye(K, dtype=int)[TRUE]), "has type int64"),
    "one-dimensional probabilities": (lambda: (LABELS, PROBS[:, 0]), r"has shape \(500,\)"),
    "one class": (lambda: (LABELS * 0, np.ones((N, 1))), r"has shape \(500, 1\)"),
    "empty": (lambda: (LABELS[:0], PROBS[:0]), "has no rows"),
    "different lengths": (lambda: (LABELS[:-1], PROBS), "499 labels but 500 rows"),
    "label without column": (lambda: (first_label(K), PROBS), "label 5 has no column"),
    "negative label": (lambda: (first_label(-1), PROBS), "label -1 is negative"),
    "fractional label": (lambda: (first_label(0.5), PROBS), "fractions or NaN"),
    "missing label (NaN)": (lambda: (nan_label(), PROBS), "fractions or NaN"),
    "masked cell": (lambda: (LABELS, np.ma.masked_where(PROBS[7, 2] == PROBS, PROBS)), "1 masked cells"),
    "masked label": (
        lambda: (np.ma.masked_array(LABELS, mask=np.arange(N) == 7), PROBS),
        "labels has 1 masked cells",
    ),
    "label names without classes": (lambda: (LABELS.astype(str), PROBS), "has type <U"),
}
WARNINGS: dict[str, tuple[Callable[[], Any], str]] = {
    "half precision": (lambda: (LABELS, PROBS.astype(np.float16)), "half precision"),
    "class with no label": (lambda: (np.where(LABELS == 4, 3, LABELS), PROBS), "label no row: e"),
    "class never predicted": (
        lambda: (LABELS, np.column_stack([PROBS[:, :4] + PROBS[:, 4:] / 4, np.zeros(N)])),
        "never predicts 1 of the classes: e",
    ),
    "probabilities that have seen the labels": (
        lambda: (LABELS, np.eye(K)[LABELS] * 0.9 + 0.02),
        "if it has seen these labels",
    ),
    "columns in another order": (lambda: (LABELS, PROBS[:, [1, 2, 3, 4, 0]]), "another order"),
    "two columns swapped": (lambda: (LABELS, PROBS[:, [1, 0, 2, 3, 4]]), "rows labelled a, b are mostly"),
}
ACCEPTED: dict[str, Callable[[], Any]] = {
    "cell of 1.00001 in a row that sums to 1": lambda: (LABELS, barely_over_one()),
    "whole labels stored as floats": lambda: (LABELS.astype(np.float64), PROBS),
}
ELSEWHERE = {"unknown label name", "certain and right label"}


# Faults that stay the same with more classes, and so reach the other layout of blocks as well.
WIDE = [fault for fault in ERRORS if ERRORS[fault][0]()[1].shape == (N, K)]
WIDE = [fault for fault in WIDE if fault not in {"logits", "label without column", "masked cell"}]


@pytest.mark.parametrize(("fault", "more"), [*((f, 0) for f in ERRORS), *((f, 25) for f in WIDE)])
def test_a_fault_is_an_error_that_says_what_came(fault: str, more: int) -> None:
    """Every public way in refuses it, with a hint, few classes or many."""
    make, words = ERRORS[fault]
    labels, probs = make()
    if more:
        probs = np.hstack([probs, np.zeros((len(probs), more), dtype=probs.dtype)])
    entries = (
        cl_core.confident_joint,
        cl_core.find_label_issues,
        cl_core.label_quality_scores,
        cl_core.assess,
    )
    for entry in entries:
        with pytest.raises(cl_core.InputError, match=words) as error:
            entry(labels, probs)
        assert error.value.hint


@pytest.mark.parametrize("fault", WARNINGS)
def test_an_oddity_is_on_record(fault: str) -> None:
    """The evidence carries a sentence about it."""
    make, words = WARNINGS[fault]
    evidence = cl_core.assess(*make(), classes=list("abcde"))
    assert any(words in sentence for sentence in evidence.warnings), evidence.warnings


@pytest.mark.parametrize("fault", ACCEPTED)
def test_harmless_oddities_pass_in_silence(fault: str) -> None:
    """Rounding and a float type of whole labels change nothing and say nothing."""
    assert cl_core.assess(*ACCEPTED[fault]()).warnings == ()


def test_sound_input_raises_no_suspicion() -> None:
    """A good model on noisy labels is not suspected of anything."""
    assert cl_core.assess(LABELS, PROBS).warnings == ()


def test_unknown_label_names_are_named() -> None:
    """The error names the unknown label and the known ones."""
    with pytest.raises(cl_core.InputError, match="'f' is not one of the 5 classes"):
        cl_core.check_inputs(["f"], PROBS[:1], classes=list("abcde"))


def test_a_certain_right_label_scores_best() -> None:
    """The weighted entropy of a certain row is 1, and nothing scores better."""
    probs = [[1.0, 0.0], [0.999, 0.001], [0.6, 0.4]]
    scores = cl_core.label_quality_scores([0, 0, 1], probs, method="confidence_weighted_entropy")
    assert scores[0] == 1.0 == scores.max()
    assert scores.argmin() == 2


def test_the_matrix_in_the_docs_is_this_one() -> None:
    """Documentation and tests name the same faults."""
    page = (Path(__file__).parents[2] / "docs" / "faults.md").read_text(encoding="utf-8")
    rows = {line.split("|")[1].strip() for line in page.splitlines() if line.startswith("|")}
    assert rows - {"fault", "---"} == {*ERRORS, *WARNINGS, *ACCEPTED, *ELSEWHERE}
