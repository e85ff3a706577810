"""Options of an embedding, without any network."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from cl_core import ConfigError, Dataset, InputError
from cl_plugins.embeddings.embed import embed
from cl_plugins.embeddings.options import Embedding


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "got none of them"),
        ({"path": "a.onnx", "hub": "b"}, "got path and hub"),
        ({"path": "a.onnx", "weights_path": "b.pth"}, "weights_path belongs to module"),
        ({"path": "a.onnx", "mean": (0.5,)}, "mean has 1 channels, std 3"),
        ({"path": "a.onnx", "std": (0, 1, 1)}, "greater than 0"),
        ({"path": "a.onnx", "colour": "red"}, "Extra inputs"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: dict[str, Any], said: str) -> None:
    """One network, and settings that belong together."""
    with pytest.raises(ValidationError, match=said):
        Embedding.model_validate(options)


@pytest.mark.parametrize(
    ("name", "said"),
    [("none.onnx", "no file"), ("model.pkl", "no network that can be read"), (".", "holds neither model")],
)
def test_a_file_that_is_no_network_is_refused(tmp_path: Path, name: str, said: str) -> None:
    """What came, and what an embedding can be."""
    (tmp_path / "model.pkl").write_bytes(b"\x80\x04.")
    data = Dataset("said", np.arange(2), np.arange(2), ("a", "b"), ["x", "y"], "text", "f")
    with pytest.raises((ConfigError, InputError), match=said) as caught:
        embed(data, Embedding(path=tmp_path / name), lambda *_: None)
    assert caught.value.hint
