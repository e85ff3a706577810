"""Backends that compare vectors, as records. No behaviour here."""

from collections.abc import Iterator

from cl_core.hooks import ModelBackend
from cl_plugins.backends.knn_options import KnnOptions
from cl_plugins.later import Later


def vector_backends() -> Iterator[ModelBackend]:
    """Offer nearest neighbours."""
    yield ModelBackend(
        "knn",
        "votes of the nearest neighbours, on features or on embeddings; trains nothing",
        KnnOptions,
        Later("cl_plugins.backends.knn", "predict_knn"),
    )
