"""Finds the network for a data set's modality and checks its answer. No network is run here."""

from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cl_core.dataset import Dataset
from cl_core.errors import ConfigError, InputError
from cl_core.hooks import Progress
from cl_plugins.embeddings.options import Embedding
from cl_plugins.files import refuse_unreadable
from cl_plugins.later import Later

Vectors: TypeAlias = NDArray[np.float32]  # shape (n, d), one row a row of the data set
Kind: TypeAlias = Literal["onnx", "sentences", "torch"]

_WHERE: dict[tuple[str, Kind], tuple[str, str]] = {
    ("text", "onnx"): ("onnx_texts", "embed_texts"),
    ("text", "sentences"): ("sentences", "embed_sentences"),
    ("image", "onnx"): ("onnx_pictures", "embed_pictures"),
    ("image", "torch"): ("torch_pictures", "embed_pictures"),
    ("audio", "onnx"): ("onnx_sounds", "embed_sounds"),
}
_SUFFIXES: dict[str, Kind] = {".onnx": "onnx", ".pt": "torch", ".pt2": "torch"}
_ENDINGS = ".onnx, .pt or .pt2 file, or a folder with model.onnx or of sentence-transformers"


def embed(dataset: Dataset, embedding: Embedding, progress: Progress) -> tuple[Vectors, str]:
    """Turn every row into a vector by the network that `embedding` names.

    Parameters
    ----------
    dataset
        Texts, pictures or sounds.
    embedding
        The network and what it is fed.
    progress
        Told of the rows done so far.

    Returns
    -------
    tuple of (float32 array of shape (n, d), str)
        Finite vectors, of length 1 unless ``normalize`` is off, and one line about the network with a
        digest of its weights. The same rows give the same bits on the same machine; texts in any order.

    Raises
    ------
    ConfigError
        For a network that is not there, or not one that can be read.
    InputError
        For rows that the network cannot take, and for vectors that are not finite.
    """
    vectors, sentence = _run(dataset, embedding, progress)
    wrong = ~np.isfinite(vectors).all(axis=1)
    if wrong.any():
        raise InputError(
            f"{sentence} gave NaN or infinite numbers for {int(wrong.sum()):,} of {len(vectors):,} rows, the "
            f"first has id {dataset.ids[np.flatnonzero(wrong)[0]]}",
            hint="check what the network wants to be fed: size, mean, std, rate, full_scale, max_tokens",
        )
    return (_to_length_one(vectors) if embedding.normalize else vectors), sentence


def _run(dataset: Dataset, embedding: Embedding, progress: Progress) -> tuple[Vectors, str]:
    kind = _kind(embedding)
    where = _WHERE.get((dataset.modality, kind))
    if where is None:
        takes = [modality for modality, known in _WHERE if known == kind]
        raise InputError(
            f"{_given(embedding)} cannot embed the {dataset.modality} rows of data set {dataset.name!r}",
            hint=f"such a network embeds {', '.join(takes)}; choose another, or leave the embedding out",
        )
    result: tuple[Vectors, str] = Later(f"cl_plugins.embeddings.{where[0]}", where[1])(
        dataset.features, embedding, progress
    )
    return result


def _kind(embedding: Embedding) -> Kind:
    path = embedding.path
    if embedding.module is not None:
        return "torch"
    if path is None:
        return "sentences"
    if path.is_dir():
        if (path / "model.onnx").is_file():
            return "onnx"
        if (path / "modules.json").is_file() or (path / "config.json").is_file():
            return "sentences"
        raise ConfigError(
            f"folder {path.name!r} holds neither model.onnx nor modules.json", hint=f"give an {_ENDINGS}"
        )
    refuse_unreadable(path)
    kind = _SUFFIXES.get(path.suffix)
    if kind is None:
        raise ConfigError(f"{path.name!r} is no network that can be read", hint=f"give an {_ENDINGS}")
    return kind


def _given(embedding: Embedding) -> str:
    return str(embedding.hub or embedding.module or (embedding.path or Path()).name)


def _to_length_one(vectors: Vectors) -> Vectors:
    """Divide every vector by its length; a vector of zeros stays."""
    length: NDArray[Any] = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    return (vectors / np.where(length > 0, length, 1)).astype(np.float32)
