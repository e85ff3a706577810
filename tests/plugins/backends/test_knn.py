"""The backend ``knn``: who votes, what a vote weighs, and what is refused."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cl_core import ConfigError, Dataset, InputError, ModelBackend, Predictions
from cl_core.plugins import load_plugins
from cl_core.testing import check_backend, sample_dataset
from cl_plugins.backends.knn import predict_knn
from cl_plugins.backends.knn_options import KnnOptions


def predict(data: Dataset, **options: Any) -> Predictions:
    return predict_knn(data, KnnOptions.model_validate(options), lambda *_: None)


def points(rows: Any, labels: Any, n_classes: int = 2, **parts: Any) -> Dataset:
    array = np.asarray(rows, dtype=np.float32)
    array = array[:, None] if array.ndim == 1 else array
    names = tuple(f"class {c}" for c in range(n_classes))
    given_labels = np.asarray(labels, dtype=np.intp)
    return Dataset("points", np.arange(len(array)), given_labels, names, array, "array", "f", **parts)


def clouds(seed: int, n: int, n_classes: int) -> Dataset:
    rng = np.random.default_rng(seed)
    labels = np.concatenate([[0, 1], rng.integers(0, n_classes, n - 2)])
    rows = rng.normal(size=(n, 3)) + labels[:, None]
    rows[rng.integers(0, n, n // 4)] = rows[0]  # twins
    return points(rows, labels, n_classes)


def test_the_backend_keeps_the_contract() -> None:
    """The contract of cl_core.testing, worker process included."""
    found = check_backend(load_plugins().find(ModelBackend, "knn"))
    assert found.out_of_sample is True
    assert "by leave-one-out log-loss" in found.model


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(4, 60), n_classes=st.integers(2, 5))
def test_the_order_of_rows_does_not_matter_to_the_last_bit(seed: int, n: int, n_classes: int) -> None:
    """Permuting rows permutes probabilities, twins and ties included."""
    data = clouds(seed, n, n_classes)
    order = np.random.default_rng(seed).permutation(n)
    turned = replace(data, labels=data.labels[order], features=data.features[order])
    assert np.array_equal(predict(turned).pred_probs, predict(data).pred_probs[order])


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(4, 60), n_classes=st.integers(2, 5))
def test_classes_may_be_renamed(seed: int, n: int, n_classes: int) -> None:
    """Class numbers are names: permuting them permutes the columns and nothing else."""
    data = clouds(seed, n, n_classes)
    order = np.random.default_rng(seed).permutation(n_classes)
    found = predict(replace(data, labels=np.argsort(order)[data.labels])).pred_probs
    np.testing.assert_allclose(found, predict(data).pred_probs[:, order], rtol=1e-9)


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(4, 60), n_classes=st.integers(2, 5))
def test_every_class_keeps_a_chance_and_rows_sum_to_one(seed: int, n: int, n_classes: int) -> None:
    """Zero would be a certainty that no vote can give, also for a class that labels no row."""
    probs = predict(clouds(seed, n, n_classes)).pred_probs
    assert probs.min() > 0
    np.testing.assert_allclose(probs.sum(axis=1), 1, rtol=1e-12)


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(5, 40))
def test_no_row_has_a_say_in_its_own_probabilities(seed: int, n: int) -> None:
    """Changing one label changes the row's own probabilities only by the setting, which is fixed here."""
    data = clouds(seed, n, 3)
    settled = {"k": 5}
    before = _fixed(data, **settled)
    labels = data.labels.copy()
    labels[n - 1] = (labels[n - 1] + 1) % 3
    after = _fixed(replace(data, labels=labels), **settled)
    np.testing.assert_allclose(after[n - 1], before[n - 1], rtol=1e-9)


def _fixed(data: Dataset, k: int) -> np.ndarray:
    """Probabilities by one setting, so that no choice depends on the labels."""
    from cl_plugins.backends.knn_ballots import hold
    from cl_plugins.backends.knn_features import read_features
    from cl_plugins.backends.votes import Setting, probabilities

    options = KnnOptions(k=k)
    features = read_features(data, options, lambda *_: None)
    (held,), _ = hold(data, options, features, "class", lambda *_: None)
    return probabilities(held.ballot, Setting(k, 2.0, 1.0), held.case_of_row)


def test_votes_are_those_worked_by_hand() -> None:
    """One voter each and one vote by frequency, which leaves the row out and adds one to each class."""
    data = points([0, 1, 10, 11], [0, 0, 1, 1])
    probs = _fixed(data, k=1)
    # The neighbour of row 0 is row 1, of class 0. Rows 1 to 3 hold (1, 2), plus one each: 2/5 and 3/5.
    np.testing.assert_allclose(probs[0], [(1 + 0.4) / 2, 0.6 / 2])
    np.testing.assert_allclose(probs[3], [0.6 / 2, (1 + 0.4) / 2])


def test_identical_twins_vote_in_shares_and_contradictions_are_told() -> None:
    """Three twins of two classes: a row of the minority sees only the others, and a note counts them."""
    data = points([5, 5, 5, 90, 91], [0, 0, 1, 1, 1])
    probs = _fixed(data, k=2)
    np.testing.assert_allclose(probs[2, 0], (2 + 3 / 6) / 3)
    np.testing.assert_allclose(probs[0, 0], (1 + 2 / 6) / 3)
    assert "3 rows have an identical twin with another label" in predict(data).notes


def test_rows_of_one_group_do_not_vote_for_each_other() -> None:
    """Ten takes of one speaker agree about a wrong label; the other speakers do not."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 30)
    rows = rng.normal(size=(60, 2)) + 8 * labels[:, None]
    groups = np.arange(60) // 10
    rows[:10] = rng.normal(scale=0.01, size=(10, 2))
    labels[:10] = 1
    data = points(rows, labels, groups=groups)
    assert (predict(data, split="class").pred_probs[:10, 1] > 0.8).all()
    apart = predict(data)
    assert (apart.pred_probs[:10, 0] > 0.7).all()
    assert "rows of one group did not vote for each other" in apart.notes


def test_periods_are_judged_by_other_periods() -> None:
    """Rows repeat within a period only: no twin of the same period is left to agree with an error."""
    rng = np.random.default_rng(0)
    times = np.repeat(np.arange(5), 20)
    labels = rng.integers(0, 2, 100)
    data = points(rng.normal(size=(100, 2)) + 6 * labels[:, None], labels, times=times)
    found = predict(data)
    assert (found.pred_probs.argmax(axis=1) == labels).mean() > 0.95
    assert "whole periods were held out: 5 of them" in found.notes[0]
    past = predict(data, past_only=True)
    assert not np.array_equal(past.pred_probs, found.pred_probs)


def test_tables_of_any_columns_are_compared_on_one_scale() -> None:
    """A column of millions does not drown one of units, and words count too."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 200)
    table = pd.DataFrame(
        {
            "income": rng.normal(1e6, 3e5, 200),
            "tells": labels + rng.normal(0, 0.1, 200),
            "colour": np.where(labels == 1, "red", "blue"),
        }
    )
    data = replace(sample_dataset(n_rows=200, n_classes=2), labels=labels, features=table)
    assert (predict(data).pred_probs.argmax(axis=1) == labels).mean() > 0.98


@pytest.mark.parametrize("name", ["e.npy", "e.npz"])
def test_embeddings_may_lie_in_a_file(tmp_path: Path, name: str) -> None:
    """Vectors in the order of the rows, for data of any modality; lengths do not matter to directions."""
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    vectors = np.eye(3)[labels] * rng.uniform(1, 9, (60, 1)) + rng.normal(0, 0.1, (60, 3))
    data = Dataset("said", np.arange(60), labels, ("a", "b", "c"), ["?"] * 60, "text", "f")
    if name.endswith("npy"):
        np.save(tmp_path / name, vectors)
    else:
        np.savez(tmp_path / name, embeddings=vectors)
    found = predict(data, embeddings_path=tmp_path / name)
    assert (found.pred_probs.argmax(axis=1) == labels).all()
    assert f"cosine distance, embeddings {name}" in found.model


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((5, 2)), "has 5 vectors, data set 'points' 4 labelled rows"),
        (np.array([[0, 1], [0, np.nan], [1, 0], [1, 1]]), "in 1 of 4 rows, the first is row 1"),
        (np.zeros(4), r"float64 of shape \(4,\), wanted numbers, rows x dimensions"),
        (np.full((4, 2), 1e300), "huge numbers in 4 of 4 rows"),
        (np.array([["a"]] * 4), "wanted numbers, rows x dimensions"),
    ],
)
def test_files_that_do_not_fit_are_refused(tmp_path: Path, array: Any, said: str) -> None:
    """What came, what was wanted and what to do."""
    np.save(tmp_path / "e.npy", array)
    with pytest.raises(InputError, match=said) as caught:
        predict(points([0, 1, 2, 3], [0, 0, 1, 1]), embeddings_path=tmp_path / "e.npy")
    assert caught.value.hint


@pytest.mark.parametrize(
    ("data", "options", "said"),
    [
        (points([0, 1], [1, 1]), {}, "labels of one class only"),
        (points([0, np.inf], [0, 1]), {}, "NaN, infinite or huge"),
        (points([0, 1], [0, 1], groups=np.array(["a", "a"])), {}, "all rows .* are of one group"),
        (points([0, 1], [0, 1]), {"split": "time"}, "came without times"),
        (replace(points([0, 1], [0, 1]), features=None, modality="none"), {}, "nothing to compare"),
    ],
)
def test_data_without_an_answer_are_refused(data: Dataset, options: dict[str, Any], said: str) -> None:
    """The hint says what to give instead."""
    with pytest.raises((InputError, ConfigError), match=said) as caught:
        predict(data, **options)
    assert caught.value.hint


def test_two_sources_of_vectors_are_refused() -> None:
    """A network and a file cannot both be meant."""
    with pytest.raises(ValidationError, match="both set"):
        KnnOptions.model_validate({"embedding": {"path": "a.onnx"}, "embeddings_path": "b.npy"})


def test_two_rows_and_a_class_of_one_row_are_enough() -> None:
    """The smallest data get an answer, and a note that nobody can vote for a lone label."""
    found = predict(points([0, 1], [0, 1]))
    assert np.isfinite(found.pred_probs).all()
    assert "2 classes have one row only: nobody can vote for its label" in found.notes


def test_numbers_of_any_size_keep_their_order() -> None:
    """Squares of 1e30 overflow single precision; distances are taken after scaling."""
    labels = np.arange(40) % 2
    rows = (np.arange(40) * 0.01 + labels * 5)[:, None] * np.float32(1e30)
    assert (predict(points(rows, labels)).pred_probs.argmax(axis=1) == labels).all()


def test_more_neighbours_than_rows_are_all_rows() -> None:
    """A large k on small data is no crash."""
    probs = predict(points([0, 1, 2], [0, 0, 1]), k=1000).pred_probs
    np.testing.assert_allclose(probs.sum(axis=1), 1)


def test_the_examples_of_the_page_are_valid_options() -> None:
    """Every knn example of docs/backends.md passes the options model."""
    text = (Path(__file__).parents[3] / "docs" / "backends.md").read_text(encoding="utf-8")
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, flags=re.DOTALL)]
    shown = [block["model"] for block in blocks if block.get("model", {}).get("backend") == "knn"]
    assert len(shown) == 5
    for model in shown:
        KnnOptions.model_validate({key: value for key, value in model.items() if key != "backend"})
