"""Temperature: as sure as right, learned from other rows, and no other class comes first."""

import numpy as np
import pandas as pd

from cl_core import Dataset
from cl_core.types import FloatArray, Labels
from cl_plugins.backends import tabular
from cl_plugins.backends.options import TabularOptions
from cl_plugins.backends.temperature import tempered


def drawn(k: int, n: int = 3_000) -> tuple[FloatArray, Labels]:
    """Probabilities, and labels that are drawn by them: as sure as right."""
    rng = np.random.default_rng(k)
    probs = rng.dirichlet(np.full(k, 0.1), n)
    labels = (probs.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1).clip(max=k - 1)
    return probs, labels.astype(np.intp)


def folds(n: int) -> list[np.ndarray[tuple[int], np.dtype[np.intp]]]:
    return list(np.array_split(np.random.default_rng(0).permutation(n), 5))


def test_what_was_flattened_is_found_and_undone() -> None:
    """Roots of probabilities come back to them; the order of the classes of a row does not change."""
    probs, labels = drawn(20)
    flat = np.sqrt(probs)
    flat /= flat.sum(axis=1, keepdims=True)
    found, powers = tempered(flat, labels, folds(len(labels)), seed=0)
    assert all(1.5 < power < 2.5 for power in powers)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    np.testing.assert_array_equal(found.argmax(axis=1), flat.argmax(axis=1))
    assert abs(found - probs).mean() < abs(flat - probs).mean() / 4
    assert all(0.8 < power < 1.25 for power in tempered(probs, labels, folds(len(labels)), seed=0)[1])


def test_a_fold_is_tempered_by_the_labels_of_the_others() -> None:
    """Other labels of its own rows change nothing of a fold; a class without rows stays at zero."""
    probs, labels = drawn(12, 600)
    probs, parts = np.insert(probs, 3, 0, axis=1), folds(600)
    labels = np.where(labels >= 3, labels + 1, labels)
    others = labels.copy()
    others[parts[0]] = np.roll(labels[parts[0]], 1)
    first, again = (tempered(probs, given, parts, seed=0)[0] for given in (labels, others))
    np.testing.assert_array_equal(first[parts[0]], again[parts[0]])
    assert not np.array_equal(first, again)
    assert (first[:, 3] == 0).all()
    assert tempered(probs, labels, [np.arange(600)], seed=0)[1] == []


def table(k: int, each: int = 25) -> Dataset:
    rng = np.random.default_rng(1)
    labels = np.repeat(np.arange(k), each)
    cells = (rng.normal(size=(k, 8)) * 2)[labels] + rng.normal(size=(k * each, 8))
    frame = pd.DataFrame(cells, columns=[f"x{i}" for i in range(8)])
    return Dataset("made", np.arange(len(labels)), labels, tuple(map(str, range(k))), frame, "table", f"{k}")


def test_a_forest_of_many_classes_is_as_sure_as_it_is_right() -> None:
    """On twelve classes it is right far more often than it says, and that kept the gate from a verdict."""
    data = table(12)
    found = tabular.predict_tabular(data, TabularOptions(), lambda *_: None)
    right = (found.pred_probs.argmax(axis=1) == data.labels).mean()
    assert right > 0.85
    assert abs(right - found.pred_probs.max(axis=1).mean()) < 0.2
    assert "raised to powers" in found.notes[-1]


def test_a_forest_of_few_classes_is_left_as_it_is() -> None:
    """Up to ten classes nothing was to be gained."""
    assert tabular.predict_tabular(table(10, 10), TabularOptions(), lambda *_: None).notes == ()
