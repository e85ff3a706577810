"""The default backends of texts, pictures and sounds, as records. No behaviour here."""

from collections.abc import Iterator

from cl_core.hooks import ModelBackend
from cl_plugins.backends.media_options import AudioOptions, ImageOptions, TextOptions
from cl_plugins.later import Later


def modality_backends() -> Iterator[ModelBackend]:
    """Offer one backend a kind of data; each takes an embedding, too."""
    yield ModelBackend(
        "text",
        "texts by words and letters, or by a network you name; cross-validated",
        TextOptions,
        Later("cl_plugins.backends.text", "predict_text"),
    )
    yield ModelBackend(
        "image",
        "pictures by their edges, or by a network you name; cross-validated",
        ImageOptions,
        Later("cl_plugins.backends.image", "predict_image"),
    )
    yield ModelBackend(
        "audio",
        "sounds by their log-mel spectrum, or by a network you name; cross-validated",
        AudioOptions,
        Later("cl_plugins.backends.audio", "predict_audio"),
    )
