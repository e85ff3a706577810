"""Texts through an ONNX network: tokens, batches of like length, one vector a text. No other modality."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cl_core.errors import ConfigError, InputError
from cl_core.hooks import Progress
from cl_plugins.embeddings.digest import digest_of
from cl_plugins.embeddings.onnx_network import OnnxNetwork, Port
from cl_plugins.embeddings.options import Embedding, Pooling
from cl_plugins.needs import needed

_TOKEN_OUTPUTS = ("last_hidden_state", "token_embeddings")
_SENTENCE_OUTPUT = "sentence_embedding"
_PER_TOKEN, _PER_TEXT = 3, 2  # axes of an output
_FEEDS = ("input_ids", "attention_mask", "token_type_ids")


def embed_texts(
    texts: Sequence[str], embedding: Embedding, progress: Progress
) -> tuple[NDArray[np.float32], str]:
    """One vector a text, shape (n, d), and a line about the network."""
    path = embedding.path or Path()
    network = OnnxNetwork(path / "model.onnx" if path.is_dir() else path, embedding.providers)
    _check_inputs(network)
    output = _choose_output(network, embedding.output)
    fixed = network.inputs[0].shape[1]
    limit = min(embedding.max_tokens, fixed or embedding.max_tokens)
    place = embedding.tokenizer_path or (path if path.is_dir() else path.parent) / "tokenizer.json"
    tokenizer = _open_tokenizer(place)

    # Equal texts are one text, and batches are made of the sorted ones: no vector depends on row order.
    unique, row_of = np.unique(np.asarray(texts, dtype=object), return_inverse=True)
    tokens = tokenizer.encode_batch(unique.tolist())
    n_cut = sum(len(tokens[row].ids) > limit for row in row_of)
    tokenizer.enable_truncation(limit)
    tokens = tokenizer.encode_batch(unique.tolist())
    order = sorted(range(len(tokens)), key=lambda i: len(tokens[i].ids))
    vectors: NDArray[np.float32] | None = None
    done = 0
    for rows in _batches(order, network.inputs[0].shape[0] or embedding.batch_size):
        progress(done, len(order), "embedding texts")
        found = _run(network, output, [tokens[i] for i in rows], fixed, embedding.pooling)
        if vectors is None:
            vectors = np.empty((len(order), found.shape[1]), dtype=np.float32)
        vectors[rows] = found[: len(rows)]
        done += len(rows)
    progress(len(order), len(order), "embedding texts")
    cut = f", {n_cut:,} texts cut at {limit} tokens" if n_cut else ""
    sentence = f"{network.sentence}, tokenizer sha256 {digest_of([place])}{cut}"
    return np.asarray(vectors)[row_of], sentence


def _check_inputs(network: OnnxNetwork) -> None:
    names = {port.name for port in network.inputs}
    if not {"input_ids"} <= names <= set(_FEEDS) or any(len(port.shape) != 2 for port in network.inputs):  # noqa: PLR2004
        raise InputError(
            f"{network.name} is no network for texts: it wants {network.wants()}",
            hint=f"texts are fed as {', '.join(_FEEDS)}, each texts x tokens",
        )


def _choose_output(network: OnnxNetwork, name: str | None) -> Port:
    named = network.output_named(name)
    known = (_SENTENCE_OUTPUT, *_TOKEN_OUTPUTS)
    by_name = {port.name: port for port in network.outputs}
    guessed = next((by_name[one] for one in known if one in by_name), network.outputs[0])
    chosen = named or guessed
    if len(chosen.shape) not in (_PER_TOKEN, _PER_TEXT):
        raise ConfigError(
            f"output {chosen} of {network.name} has neither one vector a text nor one a token",
            hint=f"name another with `output`: {', '.join(map(str, network.outputs))}",
        )
    return chosen


def _open_tokenizer(path: Path) -> Any:
    if not path.is_file():
        raise ConfigError(
            f"no tokenizer {str(path)!r}", hint="put tokenizer.json beside the network or set tokenizer_path"
        )
    library = needed("tokenizers", "onnx", "an .onnx network for texts")
    try:
        tokenizer = library.Tokenizer.from_file(str(path))
    except Exception as error:
        raise ConfigError(
            f"{path.name!r} could not be read as a tokenizer: {error}",
            hint="give the tokenizer.json of the network",
        ) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _batches(order: list[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(order), size):
        yield order[start : start + size]


def _run(
    network: OnnxNetwork, output: Port, tokens: list[Any], fixed: int | None, pooling: Pooling
) -> NDArray[np.float32]:
    """Vectors of one batch, padded to its longest text and, where the network wants it, to whole batches."""
    n_rows = network.inputs[0].shape[0] or len(tokens)
    width = fixed or max(1, *(len(one.ids) for one in tokens))
    parts: dict[str, NDArray[np.int64]] = {name: np.zeros((n_rows, width), dtype=np.int64) for name in _FEEDS}
    for row, one in enumerate(tokens):
        length = len(one.ids)
        parts["input_ids"][row, :length] = one.ids
        parts["attention_mask"][row, :length] = one.attention_mask
        parts["token_type_ids"][row, :length] = one.type_ids
    feeds = {port.name: parts[port.name] for port in network.inputs}
    answer = network.run(feeds, output.name)
    return _pool(answer, parts["attention_mask"], pooling) if answer.ndim == _PER_TOKEN else answer


def _pool(answer: NDArray[Any], attention: NDArray[np.int64], pooling: Pooling) -> NDArray[np.float32]:
    """One vector a text from one a token, shape (rows, tokens, d); padding has no say."""
    mask = attention[:, :, None].astype(np.float32)
    match pooling:
        case "first":
            pooled = answer[:, 0]
        case "max":
            pooled = np.where(mask > 0, answer, -np.inf).max(axis=1)
        case "mean":
            pooled = (answer * mask).sum(axis=1) / np.maximum(mask.sum(axis=1), 1)
    return np.asarray(pooled, dtype=np.float32)
