"""The backend ``mlflow``: real models, saved, logged and registered, are asked for probabilities."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from pydantic import ValidationError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from cl_core import ConfigError, Dataset, InputError, Predictions
from cl_core.testing import check_backend, sample_dataset
from cl_plugins.backends.mlflow_model import predict_mlflow
from cl_plugins.backends.model_options import MlflowOptions
from cl_plugins.backends.own_models import own_model_backends

# MLflow warns of its own base class, and of stores that will go one day.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*filesystem:FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*input example was not provided:UserWarning"),
]
BACKEND = next(backend for backend in own_model_backends() if backend.name == "mlflow")
DATA = sample_dataset()
PROBABILITIES = {"pyfunc_predict_fn": "predict_proba"}
# The fast format for a test; the model is our own.
SAVING: dict[str, Any] = {"serialization_format": "cloudpickle", "pip_requirements": []}


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let MLflow write its files, call nobody, and warn of itself."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")


def predict(data: Dataset = DATA, **options: Any) -> Predictions:
    return predict_mlflow(data, MlflowOptions.model_validate(options), lambda *_: None)


def fitted() -> LogisticRegression:
    """Learn the class names from other rows than those that are judged."""
    other = sample_dataset(seed=1)
    return LogisticRegression().fit(other.features, np.asarray(other.classes)[other.labels])


def save(path: Path, model: Any, example: Any = None, **more: Any) -> Path:
    import mlflow.sklearn
    from mlflow.models import infer_signature

    signature = None if example is None else infer_signature(example)
    mlflow.sklearn.save_model(model, str(path), signature=signature, **SAVING, **more)
    return path


def save_function(path: Path, function: Any) -> Path:
    import mlflow.pyfunc

    class Model(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
        def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:  # noqa: ARG002
            return function(model_input)

    mlflow.pyfunc.save_model(str(path), python_model=Model(), pip_requirements=[])
    return path


def expected() -> Any:
    model = fitted()
    probs = model.predict_proba(DATA.features)
    return probs[:, [list(model.classes_).index(name) for name in DATA.classes]]


def test_without_mlflow_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing extra is a sentence, not a traceback."""
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(ConfigError, match="the backend mlflow needs mlflow") as caught:
        predict(uri="models:/m/1")
    assert caught.value.hint == 'pip install "labelgate[mlflow]"'


@pytest.mark.parametrize("options", [{}, {"uri": "models:/m/1", "path": "m"}])
def test_one_place_is_named(options: dict[str, str]) -> None:
    """A model has a URI or a path."""
    with pytest.raises(ValidationError, match="either `uri` or `path`"):
        MlflowOptions.model_validate(options)


@pytest.mark.extra
@pytest.mark.usefixtures("quiet")
def test_a_saved_model_keeps_the_contract(tmp_path: Path) -> None:
    """Its own class names put the columns in order; the same bits in another process."""
    path = save(tmp_path / "m", fitted(), DATA.features, **PROBABILITIES)
    found = check_backend(BACKEND, {"path": path, "out_of_sample": True, "batch_size": 100})
    np.testing.assert_allclose(found.pred_probs, expected())
    assert found.model.startswith("MLflow model m, id ")
    assert any("the model's own classes: class-0" in note for note in found.notes)
    assert "nobody can check" in predict(path=path).notes[-1]


@pytest.mark.extra
@pytest.mark.usefixtures("quiet")
def test_runs_and_registered_models_are_found_by_their_uri(tmp_path: Path) -> None:
    """In the store that tracking_uri names; MLflow's own setting is put back."""
    import mlflow
    import mlflow.sklearn

    store, before = f"file:{tmp_path / 'store'}", mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(store)
    try:
        with mlflow.start_run() as run:
            mlflow.sklearn.log_model(
                fitted(), name="m", registered_model_name="labels", **SAVING, **PROBABILITIES
            )
    finally:
        mlflow.set_tracking_uri(before)
    for uri in (f"runs:/{run.info.run_id}/m", "models:/labels/1"):
        found = predict(uri=uri, tracking_uri=store)
        np.testing.assert_allclose(found.pred_probs, expected())
        assert run.info.run_id in found.model
        assert "no signature" in found.notes[0]
    assert mlflow.get_tracking_uri() == before
    with pytest.raises(ConfigError, match="models:/labels/7 failed to load") as caught:
        predict(uri="models:/labels/7", tracking_uri=store)
    assert "tracking_uri" in caught.value.hint


@pytest.mark.extra
@pytest.mark.usefixtures("quiet")
def test_texts_go_into_the_one_column_of_the_signature(tmp_path: Path) -> None:
    """Or as they are, where the model has no signature."""
    texts = [["late parcel", "wrong colour", "very happy"][i % 3] + f" {i}" for i in range(30)]
    labels = np.arange(30) % 3
    data = Dataset("t", np.arange(30), labels, ("a", "b", "c"), texts, "text", "t")
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(
        texts, np.array(["a", "b", "c"])[labels]
    )
    path = save(tmp_path / "plain", model, **PROBABILITIES)
    assert (predict(data, path=path).pred_probs.argmax(axis=1) == labels).all()

    def from_column(frame: pd.DataFrame) -> Any:
        return model.predict_proba(frame["said"])

    import mlflow.pyfunc
    from mlflow.models import infer_signature

    class Said(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
        def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:  # noqa: ARG002
            return from_column(model_input)

    signature = infer_signature(pd.DataFrame({"said": texts}))
    mlflow.pyfunc.save_model(
        str(tmp_path / "said"), python_model=Said(), signature=signature, pip_requirements=[]
    )
    assert (predict(data, path=tmp_path / "said").pred_probs.argmax(axis=1) == labels).all()


@pytest.mark.extra
@pytest.mark.usefixtures("quiet")
def test_a_frame_of_probabilities_names_its_columns(tmp_path: Path) -> None:
    """Class names among other columns, or columns that people name."""
    probs, classes = expected(), DATA.classes

    def named(rows: Any) -> Any:
        return pd.DataFrame(probs[: len(rows)], columns=list(classes))[[*sorted(classes)]].assign(sure=1.0)

    def other(rows: Any) -> Any:
        return pd.DataFrame(probs[: len(rows)], columns=["p0", "p1", "p2"]).assign(sure=1.0)

    np.testing.assert_allclose(predict(path=save_function(tmp_path / "a", named)).pred_probs, probs)
    path = save_function(tmp_path / "b", other)
    found = predict(path=path, outputs=("p2", "p1", "p0"), classes=classes[::-1])
    np.testing.assert_allclose(found.pred_probs, probs)
    with pytest.raises(InputError, match="gives 4 classes, data set 'sample' has 3"):
        predict(path=path)
    with pytest.raises(ConfigError, match=r"model\.outputs names 'q0'"):
        predict(path=path, outputs=("q0",))


@pytest.mark.extra
@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    ("data", "options", "said"),
    [
        (DATA, {}, r"answers labels \(class-.*wanted one probability a class"),
        (replace(DATA, features=DATA.features.drop(columns="x7")), {}, "wants the column 'x7'"),
        (DATA, {"columns": ("x0", "y0")}, "names 'y0'"),
        (replace(DATA, features=DATA.features.assign(x3="word")), {}, "failed to answer: .*x3"),
        (replace(DATA, features=["a"] * 240, modality="text"), {}, "wants the columns x0"),
        (replace(DATA, features=None, modality="none"), {}, "nothing the backend 'mlflow' takes"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, data: Dataset, options: Any, said: str) -> None:
    """What came, what was wanted and what to do; no error quotes the data."""
    path = save(tmp_path / "m", fitted(), DATA.features)
    with pytest.raises((InputError, ConfigError), match=said) as caught:
        predict(data, path=path, **options)
    assert caught.value.hint
    assert len(str(caught.value)) < 500


@pytest.mark.extra
@pytest.mark.usefixtures("quiet")
def test_pictures_and_arrays_are_tensors(tmp_path: Path) -> None:
    """Cast to the type of the signature; another width is refused with both."""
    model = fitted()
    numbers = DATA.features.to_numpy()
    path = save(tmp_path / "m", model, numbers, **PROBABILITIES)
    found = predict(replace(DATA, features=numbers.astype(np.float32), modality="array"), path=path)
    np.testing.assert_allclose(found.pred_probs, expected(), atol=1e-5)
    with pytest.raises(InputError, match=r"wants rows of shape \(23,\), the data set has \(5,\)"):
        predict(replace(DATA, features=numbers[:, :5], modality="array"), path=path)


@pytest.mark.extra
def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    """The file that makes a folder a model is named."""
    with pytest.raises(InputError, match="there is no file MLmodel"):
        predict(path=tmp_path)


@pytest.mark.extra
def test_mlflow_calls_nobody() -> None:
    """Its telemetry is off before it is imported."""
    script = """
import os
os.environ.pop("DO_NOT_TRACK", None)
from cl_plugins.backends.mlflow_model import predict_mlflow
from cl_plugins.backends.model_options import MlflowOptions
from cl_core.testing import sample_dataset
try:
    predict_mlflow(sample_dataset(), MlflowOptions(path="no-such"), lambda *_: None)
except ValueError:
    pass
from mlflow.telemetry.utils import is_telemetry_disabled
print(is_telemetry_disabled())
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout == "True\n", done.stderr


@pytest.mark.extra
@pytest.mark.usefixtures("quiet")
def test_the_model_on_the_page_runs(tmp_path: Path) -> None:
    """The example of docs/backends.md, with a model at its path."""
    page = (Path(__file__).parents[3] / "docs" / "backends.md").read_text(encoding="utf-8")
    models = [yaml.safe_load(b.partition("```")[0]).get("model", {}) for b in page.split("```yaml\n")[1:]]
    chosen = next(m for m in models if m.get("backend") == "mlflow" and "path" in m)
    path = save(tmp_path / chosen.pop("path"), fitted(), DATA.features, **PROBABILITIES)
    chosen.pop("backend")
    assert (predict(path=path, **chosen).pred_probs.argmax(axis=1) == DATA.labels).mean() > 0.95
