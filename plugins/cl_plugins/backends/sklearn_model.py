"""The backend ``sklearn``: any classifier with scikit-learn's interface, by import path, out of sample."""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np
import sklearn
from scipy.special import expit, softmax
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.utils import get_tags
from threadpoolctl import threadpool_limits

from cl_core.dataset import Dataset, Modality, Predictions
from cl_core.errors import ConfigError
from cl_core.hooks import Progress
from cl_core.types import FloatArray, Indices, Labels
from cl_plugins.backends.columns import read_columns
from cl_plugins.backends.encoders import FoldEncoder
from cl_plugins.backends.estimator_grammar import build, describe, paths
from cl_plugins.backends.folds import out_of_sample
from cl_plugins.backends.model_options import SklearnOptions
from cl_plugins.backends.raw_features import flat, read_raw
from cl_plugins.backends.user_code import blaming, check_fold, seeded_streams

# As for the backend tabular: below it OpenMP threads wait for each other longer than they work.
_CELLS_WORTH_THREADS = 1_000_000
_MODALITIES: tuple[Modality, ...] = ("table", "text", "image", "array")
_FIT_HINT = "check model.params, and model.encode: none hands it the columns as they are"

# Rows to learn from and rows to judge, as the model takes them.
Split: TypeAlias = Callable[[Indices, Indices], tuple[Any, Any]]


def predict_sklearn(dataset: Dataset, options: SklearnOptions, progress: Progress) -> Predictions:
    """Cross-validated probabilities of the classifier that `options` name; the same bits each time."""
    told: list[str] = []
    example = build(options.spec, options.seed, told)
    name = describe(options.spec)
    _refuse_without_probabilities(example, name, options)
    split, notes = _features(dataset, options, example)
    labels = dataset.labels

    def fit_predict(train: Indices, test: Indices) -> tuple[Labels, FloatArray]:
        learn, judge = split(train, test)
        # Numbers without gaps also where a fold lacks a class: XGBoost takes no others.
        seen, codes = np.unique(labels[train], return_inverse=True)
        with seeded_streams(options.seed), blaming(name, "fit", _FIT_HINT):
            model = build(options.spec, options.seed, [])
            model = model.fit(learn, codes) or model
            found = _probabilities(model, judge)
        return seen, check_fold(found, len(test), len(seen), name)

    # The order in which several threads of a linear algebra library add numbers shows in the last bits.
    few = dataset.modality != "image" and np.size(dataset.features) < _CELLS_WORTH_THREADS
    threads = 1 if few else None
    with threadpool_limits(1, user_api="blas"), threadpool_limits(threads, user_api="openmp"):
        probs, heard = out_of_sample(fit_predict, dataset, options, progress)
    model = f"{name}, {options.folds} folds, seed {options.seed}, {_versions(options.spec)}"
    return Predictions(probs, out_of_sample=True, model=model, notes=(*told, *notes, *heard))


def _features(dataset: Dataset, options: SklearnOptions, model: Any) -> tuple[Split, list[str]]:
    raw = read_raw(dataset, backend="sklearn", modalities=_MODALITIES, size=options.size)
    if options.encode == "none" or (dataset.modality == "text" and _reads_text(model)):
        return lambda train, test: (_rows(raw, train), _rows(raw, test)), []
    if dataset.modality in ("image", "array"):
        numbers = flat(raw)
        return lambda train, test: (numbers[train], numbers[test]), []
    columns = read_columns(dataset)
    notes = list(columns.notes)
    if dataset.modality == "text":
        notes.append(
            "each text became 16 numbers: a pipeline that starts with "
            "sklearn.feature_extraction.text.TfidfVectorizer reads all of its words"
        )
    return FoldEncoder(columns.blocks, "scaled", options.seed).split, notes


def _rows(raw: Any, rows: Indices) -> Any:
    return raw.iloc[rows] if hasattr(raw, "iloc") else raw[rows]


def _reads_text(model: Any) -> bool:
    """Whether the estimator, or the first step of a pipeline, takes strings."""
    first = model.steps[0][1] if hasattr(model, "steps") else model
    try:
        return bool(get_tags(first).input_tags.string)
    except (AttributeError, TypeError):  # not scikit-learn's own kind
        return False


def _refuse_without_probabilities(model: Any, name: str, options: SklearnOptions) -> None:
    if hasattr(model, "predict_proba"):
        return
    if not hasattr(model, "decision_function"):
        raise ConfigError(
            f"{name} gives neither probabilities nor scores of classes",
            hint="name a classifier; a regressor or a transformer alone cannot judge labels",
        )
    if not options.from_scores:
        raise ConfigError(
            f"{name} has no predict_proba",
            hint="wrap it: estimator: sklearn.calibration.CalibratedClassifierCV, params: {estimator: "
            "{estimator: ...}}; or set model.from_scores: true for the softmax of its decision_function",
        )


def _probabilities(model: Any, rows: Any) -> FloatArray:
    for forest in _forests(model, set()):
        forest.n_jobs = 1  # threads add the trees' votes as they finish, in any order
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(rows))
    scores = np.asarray(model.decision_function(rows), dtype=np.float64)
    if scores.ndim == 1:
        return np.column_stack([expit(-scores), expit(scores)])
    found: FloatArray = softmax(scores, axis=1)
    return found


def _forests(part: Any, seen: set[int]) -> Iterator[Any]:
    """Every forest within a fitted model."""
    if id(part) in seen:
        return
    seen.add(id(part))
    if isinstance(part, RandomForestClassifier | ExtraTreesClassifier):
        yield part
    elif isinstance(part, list | tuple):
        for item in part:
            yield from _forests(item, seen)
    elif type(part).__module__.startswith("sklearn.") and hasattr(part, "__dict__"):
        for item in vars(part).values():
            yield from _forests(item, seen)


def _versions(spec: Mapping[str, Any]) -> str:
    """Versions of the libraries whose classes `spec` names, scikit-learn's first."""
    others = sorted({path.partition(".")[0] for path in paths(spec)} - {"sklearn"})
    said = [f"{name} {getattr(import_module(name), '__version__', 'of no version')}" for name in others]
    return ", ".join([f"scikit-learn {sklearn.__version__}", *said])
