"""Backends whose model answers over the network. No behaviour here."""

from collections.abc import Iterator

from cl_core.hooks import ModelBackend
from cl_plugins.backends.llm.options import LlmOptions
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
    yield ModelBackend(
        "llm",
        "a chat model as labeller of texts and tables, by log-probabilities or votes; answers are kept",
        LlmOptions,
        Later("cl_plugins.backends.llm.predict", "predict_llm"),
        requires=("openai",),
        extra="labelgate[llm]",
        repeatable=False,
    )
