"""The backend ``knn`` on vectors of a real network, from a configuration to probabilities."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cl_core import Dataset
from cl_plugins.backends.knn import predict_knn
from cl_plugins.backends.knn_options import KnnOptions

pytestmark = pytest.mark.extra


def test_neighbours_of_sentences_find_moved_labels(
    texts: Callable[[Sequence[str]], Dataset], minilm: dict[str, Any], real_data: Any
) -> None:
    """Of 400 customers' questions, a tenth with the label of another intent, nearly all are found out."""
    table = pd.read_parquet(real_data / "banking77.parquet")
    chosen = ["card_arrival", "exchange_rate", "change_pin", "terminate_account"]
    rows = pd.concat([table[table["category"] == name].head(100) for name in chosen])
    true = np.repeat(np.arange(4), 100)
    rng = np.random.default_rng(0)
    wrong = rng.choice(400, 40, replace=False)
    given = true.copy()
    given[wrong] = (given[wrong] + rng.integers(1, 4, 40)) % 4
    data = texts(rows["text"].tolist())
    named = Dataset("bank", data.ids, given, tuple(chosen), data.features, "text", "f")
    found = predict_knn(named, KnnOptions.model_validate({"embedding": minilm}), lambda *_: None)
    assert (found.pred_probs.argmax(axis=1) == true).mean() > 0.97
    own = found.pred_probs[np.arange(400), given]
    assert np.isin(np.argsort(own)[:40], wrong).mean() > 0.9
    assert "cosine distance, model.onnx (sha256 8199be6f699a" in found.model
