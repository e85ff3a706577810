"""The backend ``sklearn``: any classifier is fitted fold by fold, out of sample, with the same bits."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from pydantic import ValidationError
from sklearn.metrics import average_precision_score

from cl_core import ConfigError, Dataset, InputError, Predictions, label_quality_scores
from cl_core.testing import check_backend, sample_dataset
from cl_plugins.backends.model_options import SklearnOptions
from cl_plugins.backends.own_models import own_model_backends
from cl_plugins.backends.sklearn_model import predict_sklearn
from cl_plugins.loaders.bundled import load_bundled
from cl_plugins.loaders.options import BundledOptions

BACKEND = next(backend for backend in own_model_backends() if backend.name == "sklearn")
FOREST = {"estimator": "sklearn.ensemble.RandomForestClassifier", "params": {"n_estimators": 20, "n_jobs": 2}}
LOGISTIC = {"estimator": "sklearn.linear_model.LogisticRegression"}
SCORES = {"estimator": "sklearn.svm.LinearSVC"}
CALIBRATED = {"estimator": "sklearn.calibration.CalibratedClassifierCV", "params": {"estimator": SCORES}}
BAYES = {"estimator": "sklearn.naive_bayes.GaussianNB"}
BOOSTERS = {
    "xgboost": {"estimator": "xgboost.XGBClassifier", "params": {"n_estimators": 8}},
    "lightgbm": {"estimator": "lightgbm.LGBMClassifier", "params": {"n_estimators": 8}},
    "catboost": {"estimator": "catboost.CatBoostClassifier", "params": {"iterations": 8}},
}
PAGE = Path(__file__).parents[3] / "docs" / "backends.md"


def predict(data: Dataset, **options: Any) -> Predictions:
    return predict_sklearn(data, SklearnOptions.model_validate(options), lambda *_: None)


def accuracy(data: Dataset, found: Predictions) -> float:
    return float((found.pred_probs.argmax(axis=1) == data.labels).mean())


def texts() -> Dataset:
    words = ["late parcel again", "wrong colour sent", "very happy with it"]
    said = [f"{words[i % 3]}, case {i}" for i in range(90)]
    return Dataset("said", np.arange(90), np.arange(90) % 3, ("a", "b", "c"), said, "text", "said")


@pytest.mark.parametrize("options", [FOREST, CALIBRATED, {**SCORES, "from_scores": True}])
def test_classifiers_keep_the_contract(options: dict[str, Any]) -> None:
    """Shapes, bits, class order, out of sample, refusals: the contract of cl_core.testing."""
    found = check_backend(BACKEND, options, worker=options is FOREST)
    assert found.out_of_sample
    assert "5 folds, seed 0, scikit-learn" in found.model


@pytest.mark.extra
@pytest.mark.parametrize("library", BOOSTERS)
def test_boosters_keep_the_contract(
    library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """XGBoost, LightGBM and CatBoost: the same contract, no files, nothing on the terminal."""
    monkeypatch.chdir(tmp_path)
    found = check_backend(BACKEND, BOOSTERS[library], worker=False)
    assert f"{library} " in found.model
    assert found.notes == ()
    assert not list(tmp_path.iterdir())
    assert capfd.readouterr().out == ""


@pytest.mark.extra
@pytest.mark.parametrize("library", BOOSTERS)
def test_boosters_learn_from_folds_that_lack_a_class(library: str) -> None:
    """A class that lies in one group only leaves a gap in the numbers, which XGBoost would not take."""
    data = sample_dataset(n_classes=4)
    groups = np.where(data.labels == 1, 0, 1 + np.arange(240) // 30)
    found = predict(replace(data, groups=groups), folds=3, **BOOSTERS[library])
    assert found.pred_probs.shape == (240, 4)
    assert any("could not learn the class" in note for note in found.notes)
    others = data.labels != 1
    assert (found.pred_probs.argmax(axis=1) == data.labels)[others].mean() > 0.9


def test_a_fold_that_lacks_a_class_gives_it_no_probability() -> None:
    """The other columns stay in place, and a note says so."""
    data = sample_dataset(n_classes=4)
    groups = np.where(data.labels == 1, 0, 1 + np.arange(240) // 30)
    found = predict(replace(data, groups=groups), folds=3, **LOGISTIC)
    assert not found.pred_probs[data.labels == 1, 1].any()
    assert any("could not learn the class" in note for note in found.notes)


def test_tables_are_encoded_inside_the_fold_unless_told_not_to() -> None:
    """Categories and holes are numbers for the model; encode: none hands over the frame, names and all."""
    data = sample_dataset()
    frame = data.features.assign(kind=np.array(["x", None, "y"], dtype=object)[np.arange(240) % 3])
    frame.loc[::7, "x2":] = None
    mixed = replace(data, features=frame)
    assert accuracy(mixed, predict(mixed, **LOGISTIC)) > 0.8
    with pytest.raises(ConfigError, match="failed to fit: ValueError"):
        predict(mixed, encode="none", **LOGISTIC)
    columns = {
        "estimator": "sklearn.compose.ColumnTransformer",
        "params": {
            "transformers": [
                ["some", {"estimator": "sklearn.preprocessing.StandardScaler"}, ["x0", "x1", "x2"]]
            ]
        },
    }
    assert accuracy(data, predict(data, encode="none", steps=[columns, BAYES])) > 0.9


def test_a_vectorizer_reads_the_texts_themselves() -> None:
    """Also without encode: none; any other model gets numbers, and a note says what would be better."""
    data = texts()
    tfidf = {"estimator": "sklearn.feature_extraction.text.TfidfVectorizer"}
    raw = predict(data, steps=[tfidf, LOGISTIC])
    assert np.array_equal(raw.pred_probs, predict(data, steps=[tfidf, LOGISTIC], encode="none").pred_probs)
    assert (accuracy(data, raw), raw.notes) == (1.0, ())
    encoded = predict(data, **LOGISTIC)
    assert accuracy(data, encoded) > 0.9
    assert "TfidfVectorizer" in encoded.notes[0]


def test_flipped_digits_are_found() -> None:
    """Pictures as one row of pixels each: with a tenth of labels flipped, the flips come first."""
    data = load_bundled(BundledOptions(inject_noise=0.1))
    found = predict(
        data, estimator="sklearn.svm.SVC", params={"probability": False}, from_scores=True, folds=3
    )
    flipped = data.labels != data.true_labels
    assert average_precision_score(flipped, -label_quality_scores(data.labels, found.pred_probs)) > 0.9


def test_a_classifier_without_probabilities_is_refused_with_the_way_to_wrap_it() -> None:
    """Scores are taken only when people ask for them; what has neither cannot judge."""
    with pytest.raises(ConfigError, match=r"sklearn.svm.LinearSVC\(\) has no predict_proba") as caught:
        predict(sample_dataset(), **SCORES)
    assert "CalibratedClassifierCV" in caught.value.hint
    with pytest.raises(ConfigError, match="neither probabilities nor scores"):
        predict(sample_dataset(), estimator="sklearn.linear_model.LinearRegression")


BROKEN = """
import numpy as np


class Model:
    def __init__(self, cell=0.5, width=3):
        self.cell, self.width = cell, width

    def fit(self, X, y):
        np.random.rand(3)
        return self

    def predict_proba(self, X):
        probs = np.full((len(X), self.width), 1 / self.width)
        probs[:, 0] += self.cell
        return probs


class Quiet(Model):
    def predict_proba(self, X):
        return np.random.dirichlet(np.ones(3), size=len(X))
"""


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"cell": float("nan")}, "48 rows of 48 that are no probabilities"),
        ({"cell": 0.5}, "48 rows of 48 that are no probabilities"),
        ({"cell": 0.0, "width": 2}, r"shape \(48, 2\), wanted \(48, 3\)"),
    ],
)
def test_nonsense_of_a_model_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, params: dict[str, Any], said: str
) -> None:
    """NaN, rows that do not sum to 1, too few columns."""
    (tmp_path / "broken_model.py").write_text(BROKEN)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match=said) as caught:
        predict(sample_dataset(), estimator="broken_model.Model", params=params)
    assert caught.value.hint


def test_a_model_that_draws_from_the_global_stream_repeats_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is seeded for it, and the caller's stream goes on as if nothing had happened."""
    (tmp_path / "drawing_model.py").write_text(BROKEN)
    monkeypatch.syspath_prepend(tmp_path)
    before = np.random.get_state()[1].copy()  # type: ignore[index] # noqa: NPY002
    once, again = (predict(sample_dataset(), estimator="drawing_model.Quiet") for _ in range(2))
    assert np.array_equal(once.pred_probs, again.pred_probs)
    assert np.array_equal(before, np.random.get_state()[1])  # type: ignore[index] # noqa: NPY002


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "name either `estimator` or `steps`"),
        ({"estimator": "a.B", "steps": [{"estimator": "a.B"}]}, "name either"),
        ({"steps": [{"estimator": "a.B"}], "params": {"C": 1}}, "give each step its own"),
        ({"estimator": "a.B", "encode": "some"}, "'auto' or 'none'"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: dict[str, Any], said: str) -> None:
    """Before anything runs."""
    with pytest.raises(ValidationError, match=said):
        SklearnOptions.model_validate(options)


def test_what_has_nothing_to_learn_from_is_refused() -> None:
    """Sounds and bare probabilities go elsewhere."""
    bare = replace(sample_dataset(), features=None, modality="none")
    with pytest.raises(InputError, match="nothing the backend 'sklearn' takes"):
        predict(bare, **LOGISTIC)
    infinite = replace(sample_dataset(), features=pd.DataFrame({"x": [np.inf] * 240}))
    with pytest.raises(InputError, match="infinite"):
        predict(infinite, **LOGISTIC)


def blocks() -> list[tuple[str, dict[str, Any]]]:
    if not PAGE.exists():
        return []
    found = []
    for block in PAGE.read_text(encoding="utf-8").split("```yaml\n")[1:]:
        text = block.partition("```")[0]
        model = yaml.safe_load(text).get("model", {})
        if model.pop("backend", "") == "sklearn":
            found.append((text, model))
    return found


@pytest.mark.parametrize(("text", "options"), blocks())
def test_the_models_on_the_page_run(text: str, options: dict[str, Any]) -> None:
    """Each example of docs/backends.md learns the sample data."""
    if "xgboost" in text:
        pytest.importorskip("xgboost")
    data = texts() if "for texts" in text else sample_dataset()
    assert accuracy(data, predict(data, **options)) > 0.9
