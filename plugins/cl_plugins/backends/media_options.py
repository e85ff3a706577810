"""Options of the backends for texts, pictures and sounds."""

from pydantic import Field

from cl_plugins.embeddings.options import Embedding
from cl_plugins.options import FoldOptions


class _MediaOptions(FoldOptions):
    embedding: Embedding | None = Field(
        None, description="network that turns rows into vectors, which then take the place of our own numbers"
    )


class TextOptions(_MediaOptions):
    """Options of the backend ``text``."""


class ImageOptions(_MediaOptions):
    """Options of the backend ``image``."""

    size: int = Field(
        32,
        ge=8,
        le=512,
        description="pixels a side that pictures are brought to; no matter with an embedding",
    )


class AudioOptions(_MediaOptions):
    """Options of the backend ``audio``."""

    rate: int = Field(
        16_000,
        ge=4_000,
        le=192_000,
        description="samples a second that sounds are brought to, unless a network is named",
    )
