"""The models of the tabular backend, by name. No encoding of columns, no folds.

Why these, and why with these settings: docs/adr/0002-tabular.md.
"""

from os import cpu_count
from typing import Any, Literal, TypeAlias

from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from cl_core.dataset import Dataset
from cl_core.types import FloatArray
from cl_plugins.backends.encoders import Taste
from cl_plugins.backends.options import EstimatorName

ModelName: TypeAlias = Literal["gradient_boosting", "extra_trees", "logistic", "kernel"]

TASTES: dict[ModelName, Taste] = {
    "gradient_boosting": "native",
    "extra_trees": "scaled",
    "logistic": "scaled",
    "kernel": "scaled",
}
_LANDMARKS = 500
# A forest grows by n log n and keeps every tree; from here on boosting is as good and far cheaper.
_MOST_FOREST_ROWS = 20_000
# Boosting grows a tree a class in every round, a forest one for all classes.
_MOST_BOOSTED_CLASSES = 50
_TREES = 100
# Every node of a tree holds a number a class: at 1,000 classes a forest without a bound took 9 GB.
_MOST_NODE_VALUES = 100_000_000
_EARLY_STOPPING_ROWS = 10_000  # where scikit-learn itself starts to stop boosting early


def choose(name: EstimatorName, dataset: Dataset) -> ModelName:
    """Resolve ``auto``: a forest for tables, boosting for long ones, kernels where columns share a scale."""
    few = dataset.n_rows <= _MOST_FOREST_ROWS or dataset.n_classes > _MOST_BOOSTED_CLASSES
    if name != "auto":
        return name
    match dataset.modality:
        case "table":
            return "extra_trees" if few else "gradient_boosting"
        case "text":
            return "logistic"
        case _:
            return "kernel"


def make_model(
    name: ModelName,
    X: FloatArray,  # noqa: N803
    *,
    n_classes: int,
    categorical: list[int],
    seed: int,
) -> Any:
    """Return the unfitted model for training rows `X`, shape (n, d)."""
    match name:
        case "gradient_boosting":
            return HistGradientBoostingClassifier(
                max_iter=40 if len(X) <= _EARLY_STOPPING_ROWS else 400,
                learning_rate=0.05,
                max_leaf_nodes=15,
                max_features=0.3,
                categorical_features=categorical or None,
                random_state=seed,
            )
        case "extra_trees":
            leaves = max(2, _MOST_NODE_VALUES // (2 * _TREES * n_classes))
            return ExtraTreesClassifier(
                n_estimators=_TREES,
                min_samples_leaf=2,
                max_leaf_nodes=leaves if leaves < len(X) // 2 else None,
                max_features=0.3,
                random_state=seed,
                n_jobs=cpu_count(),
            )
        case "logistic":
            return LogisticRegression(C=0.1, max_iter=500)
        case "kernel":
            gamma = 2 / (X.shape[1] * max(float(X.var()), 1e-12))
            landmarks = min(_LANDMARKS, len(X))
            nystroem = Nystroem(gamma=gamma, n_components=landmarks, random_state=seed)
            return make_pipeline(nystroem, LogisticRegression(C=3.0, max_iter=500))


def predict_proba(model: Any, X: FloatArray) -> FloatArray:  # noqa: N803
    """Probabilities, the same bits at every call."""
    if isinstance(model, ExtraTreesClassifier):
        model.set_params(n_jobs=1)  # threads add the trees' votes as they finish, in any order
    probs: FloatArray = model.predict_proba(X)
    return probs
