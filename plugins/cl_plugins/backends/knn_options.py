"""Options of the backend ``knn``. Nothing heavy imported."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from cl_plugins.embeddings.options import Embedding
from cl_plugins.options import Options


class KnnOptions(Options):
    """Options of the backend ``knn``."""

    embedding: Embedding | None = Field(
        None, description="network that turns rows into vectors; the features themselves when left out"
    )
    embeddings_path: Path | None = Field(
        None, description=".npy or .npz file with a vector for each row of the data, in the same order"
    )
    array: str = Field("embeddings", description="array of an .npz file of embeddings")
    k: int | None = Field(
        None, ge=1, le=1000, description="neighbours that vote; chosen by leave-one-out log-loss if unset"
    )
    metric: Literal["auto", "cosine", "euclidean"] = Field(
        "auto", description="auto: cosine for embeddings, euclidean for numbers"
    )
    split: Literal["auto", "class", "group", "time"] = Field(
        "auto",
        description="who never votes for a row: only itself (class), its whole group, or its whole period; "
        "auto: groups or times when the data have them",
    )
    periods: int = Field(5, ge=2, le=50, description="split by time: periods that are held out in turn")
    gap: int = Field(0, ge=0, description="split by time: rows before and after a period that stay unused")
    past_only: bool = Field(
        default=False, description="split by time: let earlier periods vote only, not later ones"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.embedding is not None and self.embeddings_path is not None:
            raise ValueError("embedding and embeddings_path are both set; wanted one of them")
        return self
