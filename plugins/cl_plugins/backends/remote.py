"""Backends whose model answers over the network. No behaviour here."""

from collections.abc import Iterator

from cl_core.hooks import ModelBackend
from cl_plugins.backends.served.options import HttpOptions
from cl_plugins.later import Later


def remote_backends() -> Iterator[ModelBackend]:
    """Offer models behind a URL."""
    yield ModelBackend(
        "http",
        "a served model: Open Inference Protocol (KServe v2) or plain JSON",
        HttpOptions,
        Later("cl_plugins.backends.served.predict", "predict_http"),
        repeatable=False,
    )
