"""The backends that take people's own models, as records. No behaviour here."""

from collections.abc import Iterator

from cl_core.hooks import ModelBackend
from cl_plugins.backends.model_options import MlflowOptions, OnnxOptions, SklearnOptions, TorchOptions
from cl_plugins.later import Later


def own_model_backends() -> Iterator[ModelBackend]:
    """Offer classifiers that people name or have."""
    yield ModelBackend(
        "sklearn",
        "any classifier with scikit-learn's interface by import path, cross-validated",
        SklearnOptions,
        Later("cl_plugins.backends.sklearn_model", "predict_sklearn"),
    )
    yield ModelBackend(
        "torch",
        "any torch module, cross-validated with early stopping; a small network for pictures and tables",
        TorchOptions,
        Later("cl_plugins.backends.torch_model", "predict_torch"),
        requires=("torch", "skorch"),
        extra="labelgate[torch]",
    )
    yield ModelBackend(
        "onnx",
        "an existing classifier as an ONNX file, for tables, texts, pictures and arrays",
        OnnxOptions,
        Later("cl_plugins.backends.onnx_model", "predict_onnx"),
        requires=("onnxruntime",),
        extra="labelgate[onnx]",
    )
    # A name or an alias in a registry may stand for another model tomorrow.
    yield ModelBackend(
        "mlflow",
        "an existing model of MLflow, from a folder, a run or a registry",
        MlflowOptions,
        Later("cl_plugins.backends.mlflow_model", "predict_mlflow"),
        requires=("mlflow",),
        extra="labelgate[mlflow]",
        repeatable=False,
    )
