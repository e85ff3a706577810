"""The backends that take people's own models, as records. No behaviour here."""

from collections.abc import Iterator

from cl_core.hooks import ModelBackend
from cl_plugins.backends.model_options import OnnxOptions, SklearnOptions, TorchOptions
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
        extra="torch",
    )
    yield ModelBackend(
        "onnx",
        "an existing classifier as an ONNX file, for tables, texts, pictures and arrays",
        OnnxOptions,
        Later("cl_plugins.backends.onnx_model", "predict_onnx"),
        requires=("onnxruntime",),
        extra="onnx",
    )
