"""Answers of existing models: class order, activation and honesty about guesses, on tables worked by hand."""

from typing import Any

import numpy as np
import pytest

from cl_core import ConfigError, Dataset, InputError
from cl_plugins.backends.fixed_model import read_answer
from cl_plugins.backends.model_options import FixedModelOptions

GOOD = [[0.75, 0.25, 0.0], [0.5, 0.25, 0.25]]


def rows(*classes: str, n: int = 2) -> Dataset:
    return Dataset("d", np.arange(n), np.zeros(n, dtype=np.intp), classes, None, "none", "f")


def read(scores: Any, names: Any = None, data: Dataset | None = None, **options: Any) -> Any:
    chosen = FixedModelOptions.model_validate(options)
    return read_answer(np.asarray(scores), names, data or rows("a", "b", "c"), chosen, "m")


def test_rows_that_sum_to_one_are_probabilities() -> None:
    """Taken as they are, in the data set's order, and both guesses are said aloud."""
    probs, notes = read(GOOD, out_of_sample=True)
    np.testing.assert_allclose(probs, GOOD)
    order = "a, b, c (say otherwise with model.classes)"
    assert notes == [
        f"m does not name its classes: taken in the data set's order, {order}",
        "the rows of m sum to 1 and were taken for probabilities",
    ]


def test_columns_are_put_in_the_data_sets_order() -> None:
    """By the model's own names, or by those that people give."""
    ways: list[tuple[dict[str, Any], Any]] = [({"classes": ("c", "a", "b")}, None), ({}, ("c", "a", "b"))]
    for options, names in ways:
        probs, notes = read(GOOD, names, out_of_sample=True, **options)
        np.testing.assert_allclose(probs, [[0.25, 0.0, 0.75], [0.25, 0.25, 0.5]])
        assert len(notes) == 1


def test_logits_become_probabilities() -> None:
    """Numbers beyond 0 to 1 are logits: log 2 is twice as probable as 0."""
    probs, notes = read([[np.log(2), 0, 0], [np.log(2), np.log(2), -200]])
    np.testing.assert_allclose(probs, [[0.5, 0.25, 0.25], [0.5, 0.5, 0.0]], atol=1e-12)
    assert "the rows of m were taken for logits (softmax)" in notes
    probs, notes = read([[0.0, 0, 0], [200, -200, -200]], activation="sigmoid")
    np.testing.assert_allclose(probs, [[1 / 3, 1 / 3, 1 / 3], [1.0, 0.0, 0.0]], atol=1e-12)
    assert any("divided by their sums" in note for note in notes)


def test_one_number_a_row_is_the_second_class() -> None:
    """A probability between 0 and 1, a logit elsewhere; as a column or flat."""
    two = rows("no", "yes")
    np.testing.assert_allclose(read([[0.25], [1.0]], data=two)[0], [[0.75, 0.25], [0.0, 1.0]])
    np.testing.assert_allclose(read([0.0, 200.0], data=two)[0], [[0.5, 0.5], [0.0, 1.0]])
    turned, _ = read([0.25, 1.0], data=two, classes=("yes", "no"))
    np.testing.assert_allclose(turned, [[0.25, 0.75], [1.0, 0.0]])


def test_nobody_knows_whether_the_model_saw_the_labels() -> None:
    """As for precomputed probabilities: a note unless people say so."""
    assert "nobody can check" in read(GOOD)[1][-1]
    assert "in-sample" in read(GOOD, out_of_sample=False)[1][-1]
    assert len(read(GOOD, out_of_sample=True)[1]) == 2


@pytest.mark.parametrize(
    ("scores", "names", "options", "said"),
    [
        ([[0.5, 0.5]] * 2, None, {}, "gives 2 classes, data set 'd' has 3"),
        (GOOD, ("a", "b", "x"), {}, "has the classes a, b, x; the data set has a, b, c"),
        (GOOD, None, {"classes": ("a", "b")}, "`classes` lists a, b"),
        ([[np.nan, 0, 1], [0, 0, 1]], None, {}, "NaN or infinity for 1 rows, the first is row 0"),
        ([[0.9, 0.9, 0.9]] * 2, None, {}, "0 to 1 whose rows do not sum to 1"),
        (GOOD, None, {"activation": "softmax"}, "would flatten"),
        ([[2.0, 0, 0]] * 2, None, {"activation": "none"}, "do not sum to 1"),
        ([["a"], ["b"]], None, {}, "wanted numbers"),
        ([[[0.5]]] * 2, None, {}, r"shape \(2, 1, 1\)"),
        ([0.5, 0.5], None, {}, "gives 1 classes"),
        (GOOD[:1], None, {}, "for 2 rows"),
    ],
)
def test_what_is_no_answer_is_refused(scores: Any, names: Any, options: dict[str, Any], said: str) -> None:
    """What came, what was wanted and what to do."""
    with pytest.raises((InputError, ConfigError), match=said) as caught:
        read(scores, names, **options)
    assert caught.value.hint


def test_labels_are_no_probabilities() -> None:
    """A model of two classes that answers 0 and 1 says what, not how sure."""
    with pytest.raises(InputError, match="which are labels"):
        read([0, 1], data=rows("no", "yes"))
    with pytest.raises(InputError, match=r"outside 0\.\.1"):
        read([0.5, 7.0], data=rows("no", "yes"), activation="none")
