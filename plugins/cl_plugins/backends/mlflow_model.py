"""The backend ``mlflow``: an existing MLflow model, asked batch by batch through pyfunc. Fits nothing.

Loading an MLflow model runs the code that was logged with it.
"""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cl_core.dataset import Dataset, Predictions
from cl_core.errors import ConfigError, InputError
from cl_core.hooks import Progress
from cl_plugins.backends.fixed_model import read_answer
from cl_plugins.backends.mlflow_rows import rows_for
from cl_plugins.backends.model_options import MlflowOptions
from cl_plugins.backends.user_code import blaming
from cl_plugins.needs import needed

_WHAT = "the backend mlflow"
_LOG_PROBABILITIES = (
    "log it again so that predict gives probabilities: mlflow.sklearn.log_model(model, "
    'pyfunc_predict_fn="predict_proba", ...), or a PythonModel whose predict returns them'
)


def predict_mlflow(dataset: Dataset, options: MlflowOptions, progress: Progress) -> Predictions:
    """Probabilities of the model at `options.uri` or `options.path` for every row."""
    progress(0, dataset.n_rows, "loading the model")
    # Read when MLflow is imported: nothing here calls home.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    mlflow = needed("mlflow", "mlflow", _WHAT)
    name = str(options.path.name if options.path is not None else options.uri)
    with warnings.catch_warnings():  # of MLflow about itself, such as stores that will go one day
        warnings.simplefilter("ignore")
        model = _load(mlflow, options, name)
        rows, notes = rows_for(dataset, model, options, name)
        parts = []
        for start in range(0, dataset.n_rows, options.batch_size):
            progress(start, dataset.n_rows, f"asking {name}")
            part = rows[start : start + options.batch_size]
            with blaming(name, "answer", "compare the model's signature with the columns of the data set"):
                answer = model.predict(part, params=options.params or None)
            parts.append(_frame(answer, len(part), options, name))
    progress(dataset.n_rows, dataset.n_rows, f"asking {name}")
    scores, names = _scores(parts, dataset, name)
    if names is None:
        names, said = _own_names(model, scores)
        notes += said
    probs, heard = read_answer(scores, names, dataset, options, name)
    sentence = f"MLflow model {name}, {_identity(model)}mlflow {mlflow.__version__}"
    return Predictions(probs, options.out_of_sample, sentence, (*notes, *heard))


def _load(mlflow: Any, options: MlflowOptions, name: str) -> Any:
    pyfunc = needed("mlflow.pyfunc", "mlflow", _WHAT)
    if options.path is not None and not (options.path / "MLmodel").is_file():
        raise InputError(
            f"no MLflow model in {name!r}: there is no file MLmodel",
            hint="give the folder that mlflow.*.save_model wrote, or a model of a server with model.uri",
        )
    hint = "check model.uri and model.tracking_uri; the packages that the model needs must be installed"
    with _tracking(mlflow, options.tracking_uri), blaming(name, "load", hint):
        try:
            return pyfunc.load_model(str(options.path or options.uri))
        except ModuleNotFoundError as error:
            raise ConfigError(
                f"{name} needs {error.name}, which is not installed",
                hint=f"pip install {error.name}, or what requirements.txt of the model lists",
            ) from error


@contextmanager
def _tracking(mlflow: Any, uri: str | None) -> Iterator[None]:
    """Look models up at `uri` within the block, and where the caller did after it."""
    if uri is None:
        yield
        return
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(uri)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(before)


def _frame(answer: Any, n_rows: int, options: MlflowOptions, name: str) -> pd.DataFrame:
    """Return the answer to one batch as a frame, its columns by name where the model named them."""
    if isinstance(answer, pd.DataFrame):
        frame = answer.set_axis([str(column) for column in answer.columns], axis=1)
    else:
        values = np.asarray(answer)
        if values.ndim not in (1, 2):
            raise InputError(f"{name} answered with shape {values.shape}", hint=_LOG_PROBABILITIES)
        frame = pd.DataFrame(values)
    if len(frame) != n_rows:
        raise InputError(f"{name} answered {len(frame)} rows for {n_rows}", hint=_LOG_PROBABILITIES)
    if options.outputs is None:
        return frame
    missing = [column for column in options.outputs if column not in frame.columns]
    if missing:
        raise ConfigError(
            f"model.outputs names {missing[0]!r}, which the answer of {name} has not",
            hint=f"it has {', '.join(map(str, frame.columns[:20]))}",
        )
    return frame[list(options.outputs)]


def _scores(
    parts: list[pd.DataFrame], dataset: Dataset, name: str
) -> tuple[NDArray[Any], tuple[str, ...] | None]:
    """Numbers of all rows, and the names of their columns where they are class names."""
    frame = pd.concat(parts, ignore_index=True)
    if set(dataset.classes) <= set(frame.columns):
        frame = frame[list(dataset.classes)]
    numeric = all(pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes)
    whole = frame.shape[1] == 1 and numeric and bool((frame[frame.columns[0]] % 1 == 0).all())
    if not numeric or whole:
        shown = ", ".join(map(str, frame.iloc[0, :3]))
        raise InputError(
            f"{name} answers labels ({shown}, ...), wanted one probability a class", hint=_LOG_PROBABILITIES
        )
    named = all(isinstance(column, str) for column in frame.columns)
    return frame.to_numpy(), tuple(frame.columns) if named and set(frame.columns) == set(
        dataset.classes
    ) else None


def _own_names(model: Any, scores: NDArray[Any]) -> tuple[tuple[str, ...] | None, list[str]]:
    """Class names of the model within, where it has as many as there are columns."""
    try:
        classes = getattr(model.get_raw_model(), "classes_", None)
    except (AttributeError, NotImplementedError):
        return None, []
    if classes is None or np.ndim(classes) != 1 or len(classes) != scores.shape[1]:
        return None, []
    found = tuple(str(name) for name in classes)
    return found, [
        f"columns of the answer were taken in the order of the model's own classes: {', '.join(found[:10])}"
    ]


def _identity(model: Any) -> str:
    found = model.metadata
    parts = (("id", getattr(found, "model_id", None) or found.model_uuid), ("run", found.run_id))
    return "".join(f"{what} {value}, " for what, value in parts if value)
