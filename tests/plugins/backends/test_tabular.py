"""The backend ``tabular``: what it learns from, how it splits, what it says and refuses."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from cl_core import Dataset, InputError, Predictions, label_quality_scores
from cl_core.testing import check_backend, sample_dataset
from cl_plugins.backends.estimators import choose, make_model
from cl_plugins.backends.options import TabularOptions
from cl_plugins.backends.tabular import predict_tabular
from cl_plugins.builtin import labelgate_model_backends
from cl_plugins.loaders.bundled import load_bundled
from cl_plugins.loaders.options import BundledOptions

BACKENDS = {backend.name: backend for backend in labelgate_model_backends()}
ESTIMATORS = ("gradient_boosting", "extra_trees", "logistic", "kernel")


def predict(data: Dataset, **options: Any) -> Predictions:
    return predict_tabular(data, TabularOptions.model_validate(options), lambda *_: None)


def accuracy(data: Dataset, found: Predictions) -> float:
    return float((found.pred_probs.argmax(axis=1) == data.labels).mean())


def mixed_dataset(n: int = 300) -> Dataset:
    """One column of every kind; each tells something about the label, none all of it."""
    rng = np.random.default_rng(0)
    labels = (np.arange(n) % 3).astype(np.intp)
    words = np.array(["late parcel again", "wrong colour sent", "very happy with it"])
    columns = {
        "amount": np.where(rng.random(n) < 0.2, np.nan, labels + rng.normal(size=n)),
        "count": pd.array(rng.integers(0, 9, n), dtype="Int64"),
        "flag": rng.random(n) < 0.3 + labels / 5,
        "colour": np.array(["red", None, "blue"], dtype=object)[(labels + (rng.random(n) < 0.4)) % 3],
        "code": [f"{'ABC'[c]}-{i:04d}" for i, c in enumerate((labels + (rng.random(n) < 0.4)) % 3)],
        "said": [f"{words[c]} and {i} more words" for i, c in enumerate(rng.permutation(labels))],
        "written": [f"2026-0{1 + c}-{d:02d}" for c, d in zip(labels, rng.integers(1, 28, n), strict=True)],
        "when": pd.Timestamp(2026, 1, 1) + pd.to_timedelta(rng.integers(0, 99, n), unit="D"),
        "took": pd.to_timedelta(rng.integers(0, 99, n), unit="s"),
        "kind": pd.Categorical(rng.choice(["x", "y"], n)),
        "nothing": np.full(n, np.nan),
        "row": np.arange(n),
    }
    frame = pd.DataFrame(columns)
    classes = ("a", "b", "c")
    return Dataset("mixed", np.arange(n), labels, classes, frame, "table", "mixed")


def test_many_classes_take_a_forest_that_fits_into_memory() -> None:
    """Boosting would grow a tree a class; a forest's nodes hold a number a class, so leaves are bounded."""

    def leaves(rows: int, classes: int) -> Any:
        data = np.zeros((rows, 1))
        return make_model("extra_trees", data, n_classes=classes, categorical=[], seed=0).max_leaf_nodes

    assert (leaves(10_000, 77), leaves(16_000, 1000)) == (None, 500)
    long = mixed_dataset(20_001)
    assert choose("auto", long) == "gradient_boosting"
    assert choose("auto", replace(long, classes=tuple(map(str, range(51))))) == "extra_trees"


def test_the_backend_keeps_the_contract() -> None:
    """Shapes, bits, class order, refusals, a worker process: the contract of cl_core.testing."""
    tabular = BACKENDS["tabular"]
    found = check_backend(tabular, {"estimator": "extra_trees"})
    assert found.out_of_sample
    assert found.model.startswith("extra_trees, 5 folds, seed 0")


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_estimator_keeps_the_contract(estimator: str) -> None:
    """Each estimator is out of sample and gives the same bits for the same seed."""
    tabular = BACKENDS["tabular"]
    check_backend(tabular, {"estimator": estimator, "folds": 3}, worker=False)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_columns_of_every_kind_are_learned_from(estimator: str) -> None:
    """Numbers with holes, dates, categories, codes and sentences work together."""
    data = mixed_dataset()
    found = predict(data, estimator=estimator)
    assert accuracy(data, found) > 0.8
    assert "column 'nothing' is empty and was left out" in found.notes
    assert "column 'row' numbers the rows and was left out" in found.notes


@pytest.mark.parametrize("column", ["amount", "colour", "code", "written"])
def test_each_kind_of_column_is_worth_something(column: str) -> None:
    """A column of numbers, categories, codes or dates alone beats guessing."""
    data = mixed_dataset()
    assert accuracy(data, predict(replace(data, features=data.features[[column]]))) > 0.45


def test_text_is_learned_from() -> None:
    """A list of sentences is a data set of its own."""
    data = mixed_dataset()
    words = np.array(["late parcel again", "wrong colour sent", "very happy with it"])
    texts = [f"{words[c]}, case {i}" for i, c in enumerate(data.labels)]
    found = predict(replace(data, features=texts, modality="text"))
    assert accuracy(data, found) > 0.95
    assert found.model.startswith("logistic")


def test_the_label_of_a_row_never_reaches_its_own_probabilities() -> None:
    """With high-cardinality codes and labels drawn by lot, no encoding leaks: agreement stays chance."""
    rng = np.random.default_rng(1)
    codes = [f"K{i:05d}" for i in rng.integers(0, 150, 300)]
    frame = pd.DataFrame({"code": codes, "short": rng.choice(list("abcdefgh"), 300)})
    labels = rng.integers(0, 2, 300)
    data = Dataset("lot", np.arange(300), labels, ("a", "b"), frame, "table", "lot")
    for estimator in ESTIMATORS:
        assert abs(accuracy(data, predict(data, estimator=estimator)) - 0.5) < 0.12


def test_another_seed_gives_other_folds() -> None:
    """The seed decides the split and the model."""
    data = mixed_dataset()
    assert not np.array_equal(predict(data, seed=0).pred_probs, predict(data, seed=1).pred_probs)


def test_a_class_without_rows_gets_a_column_of_zeros() -> None:
    """Columns follow the classes of the data set, whether or not they label a row."""
    data = sample_dataset()
    wider = replace(data, labels=data.labels + 1, classes=("none", *data.classes))
    found = predict(wider)
    assert found.pred_probs.shape == (240, 4)
    assert not found.pred_probs[:, 0].any()


def test_a_class_with_fewer_rows_than_folds_is_refused() -> None:
    """The class, its rows and the ways out are named."""
    data = sample_dataset()
    labels = data.labels.copy()
    labels[labels == 2] = 0
    labels[:3] = 2
    rare = replace(data, labels=labels)
    with pytest.raises(
        InputError, match=r"1 of 3 classes have fewer rows than the 5 folds: 'class-0' \(3\)"
    ) as caught:
        predict(rare)
    assert "set model.folds to 3 or fewer" in caught.value.hint
    assert predict(rare, folds=3).pred_probs.shape == (240, 3)


@pytest.mark.parametrize("sign", ["L{}", 10], ids=["words", "numbers"])
def test_a_copy_of_the_label_hides_no_error(sign: str | int) -> None:
    """A column that says the same as the label is not learned from, and people are told."""
    data = sample_dataset()
    copy = [sign.format(c) if isinstance(sign, str) else sign * c for c in data.labels]
    found = predict(replace(data, features=data.features.assign(label_id=copy)))
    np.testing.assert_array_equal(found.pred_probs, predict(data).pred_probs)
    assert any("column 'label_id' says the same as the label in every row" in note for note in found.notes)


@pytest.mark.parametrize(
    ("column", "says"),
    [
        (lambda labels: [f"train/{c}/{i % 7}.png" for i, c in enumerate(labels)], "spells the label"),
        (
            lambda labels: [f"{c.upper().replace('-', '_')} {i % 7}" for i, c in enumerate(labels)],
            "spells the label",
        ),
        (lambda labels: -np.arange(len(labels)), "numbers the rows"),
        (lambda labels: np.arange(len(labels)) * 0.5, "numbers the rows"),
        (lambda labels: [f"img_{i:04d}.png" for i in range(len(labels))], "numbers the rows"),
    ],
    ids=["path", "words", "down", "halves", "codes"],
)
def test_what_gives_the_label_away_is_not_learned_from(column: Any, says: str) -> None:
    """A file name with the class in it, and a counter in a file sorted by class, hide every error."""
    data = sample_dataset()
    names = [data.classes[label] for label in data.labels]
    found = predict(replace(data, features=data.features.assign(extra=column(names))))
    np.testing.assert_array_equal(found.pred_probs, predict(data).pred_probs)
    assert any("column 'extra' " + says in note for note in found.notes)


@pytest.mark.parametrize("column", [np.sqrt(np.arange(240)), pd.date_range("2026-01-01", periods=240)])
def test_a_file_sorted_by_a_quantity_keeps_it(column: Any) -> None:
    """A quantity that rises from row to row is no counter: its steps differ; and dates are dates."""
    data = sample_dataset()
    notes = predict(replace(data, features=data.features.assign(extra=column))).notes
    assert not any("extra" in note for note in notes)


def test_nothing_but_a_copy_of_the_label_is_refused() -> None:
    """Where every column is left out, the error says which and why."""
    data = sample_dataset()
    with pytest.raises(InputError, match="no column to learn from: column 'copy' says the same"):
        predict(replace(data, features=pd.DataFrame({"copy": data.labels})))


def test_progress_counts_the_folds() -> None:
    """Progress starts at no fold and ends at all of them."""
    steps: list[tuple[int, int, str]] = []
    predict_tabular(sample_dataset(), TabularOptions(folds=3), lambda *step: steps.append(step))
    assert [(done, total) for done, total, _ in steps] == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_a_warning_of_the_library_becomes_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that stops before it converged is on record, and stderr stays quiet."""
    from sklearn.linear_model import LogisticRegression

    monkeypatch.setattr(
        "cl_plugins.backends.tabular.make_model", lambda *_, **__: LogisticRegression(max_iter=1)
    )
    assert "the model stopped before it converged (5 of 5 folds)" in predict(sample_dataset()).notes


@pytest.mark.parametrize(
    ("features", "modality", "said"),
    [
        (None, "none", "nothing the tabular backend learns from"),
        (pd.DataFrame({"x": [np.nan] * 240}), "table", "no column to learn from"),
        (pd.DataFrame({"x": [np.inf] * 240}), "table", "infinite numbers, the first in row 0, column 'x'"),
        (np.full((240, 2), -np.inf), "array", "infinite numbers"),
        (pd.DataFrame({"x": [[1, 2]] * 240}), "table", "column 'x' .* holds a list a row"),
    ],
)
def test_features_that_teach_nothing_are_refused(features: Any, modality: Any, said: str) -> None:
    """What came, what was wanted and what to do."""
    with pytest.raises(InputError, match=said) as caught:
        predict(replace(sample_dataset(), features=features, modality=modality))
    assert caught.value.hint


def test_digits_are_told_apart_and_their_flips_found() -> None:
    """On pictures of digits with a tenth of labels flipped, the flips come first (measured: .995)."""
    data = load_bundled(BundledOptions(inject_noise=0.1))
    start = time.process_time()
    found = predict(data)
    assert time.process_time() - start < 6
    assert (found.pred_probs.argmax(axis=1) == data.true_labels).mean() >= 0.97
    flipped = data.labels != data.true_labels
    assert average_precision_score(flipped, -label_quality_scores(data.labels, found.pred_probs)) > 0.98
