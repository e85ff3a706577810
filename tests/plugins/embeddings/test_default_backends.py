"""The default backends on vectors of a network in place of their own numbers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cl_core import Dataset
from cl_plugins.backends.image import predict_image
from cl_plugins.backends.media_options import ImageOptions, TextOptions
from cl_plugins.backends.text import predict_text

pytestmark = pytest.mark.extra


def test_sentence_vectors_find_moved_labels_of_few_texts(minilm: dict[str, Any], real_data: Path) -> None:
    """Of 120 customers' questions, twelve with another intent's label, nearly all are found out."""
    table = pd.read_parquet(real_data / "banking77.parquet")
    chosen = ("card_arrival", "exchange_rate", "change_pin", "terminate_account")
    said = pd.concat([table[table["category"] == name].head(30) for name in chosen])["text"].tolist()
    true = np.repeat(np.arange(4), 30)
    rng = np.random.default_rng(0)
    wrong = rng.choice(120, 12, replace=False)
    given = true.copy()
    given[wrong] = (given[wrong] + rng.integers(1, 4, 12)) % 4
    data = Dataset("bank", np.arange(120), given, chosen, said, "text", "f")
    found = predict_text(data, TextOptions.model_validate({"embedding": minilm}), lambda *_: None)
    assert (found.pred_probs.argmax(axis=1) == true).mean() > 0.95
    assert np.isin(np.argsort(found.pred_probs[np.arange(120), given])[:12], wrong).mean() > 0.9
    assert "model.onnx (sha256" in found.model


def test_pictures_go_through_the_network_that_is_named(onnx_file: Callable[..., Path]) -> None:
    """A network that averages each colour tells tints apart, and nothing else does the work."""
    path = onnx_file([("n", 3, 8, 8)], "GlobalAveragePool", ("n", 3, 1, 1))
    rng = np.random.default_rng(0)
    labels = np.arange(90) % 3
    pixels = rng.integers(0, 60, (90, 8, 8, 3))
    pixels[np.arange(90), :, :, labels] += 90
    data = Dataset("tints", np.arange(90), labels, ("r", "g", "b"), pixels.astype(np.uint8), "image", "f")
    options = ImageOptions.model_validate({"embedding": {"path": path}})
    found = predict_image(data, options, lambda *_: None)
    assert (found.pred_probs.argmax(axis=1) == labels).all()
    assert ".onnx (sha256" in found.model
