"""Texts through sentence-transformers: a folder offline, or a hub model that the user names."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cl_core.errors import ConfigError
from cl_core.hooks import Progress
from cl_plugins.embeddings.digest import digest_of
from cl_plugins.embeddings.options import Embedding
from cl_plugins.needs import needed

_OURS = "sentence_transformers."


def embed_sentences(
    texts: Sequence[str], embedding: Embedding, progress: Progress
) -> tuple[NDArray[np.float32], str]:
    """One vector a text, shape (n, d), and a line about the network."""
    # Read when the hub's client is imported; a count of downloads is nobody's business.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    library = needed("sentence_transformers", "text", "a sentence-transformers model")
    model = _open(library, embedding)
    model.max_seq_length = min(embedding.max_tokens, model.max_seq_length or embedding.max_tokens)

    # Equal texts are one text, and batches are made of the sorted ones: no vector depends on row order.
    unique, row_of = np.unique(np.asarray(texts, dtype=object), return_inverse=True)
    order = sorted(range(len(unique)), key=lambda i: len(unique[i]))
    parts = []
    for start in range(0, len(order), embedding.batch_size):
        progress(start, len(order), "embedding texts")
        batch = [unique[i] for i in order[start : start + embedding.batch_size]]
        parts.append(model.encode(batch, batch_size=embedding.batch_size, show_progress_bar=False))
    progress(len(order), len(order), "embedding texts")
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order))
    vectors = np.concatenate(parts).astype(np.float32)[place][row_of]
    return vectors, _sentence(library, model, embedding)


def _open(library: Any, embedding: Embedding) -> Any:
    local = embedding.hub is None
    name = str(embedding.path) if local else str(embedding.hub)
    if embedding.path is not None:
        _refuse_code(embedding.path)
    try:
        with _no_bars():
            return library.SentenceTransformer(
                name, device=embedding.device, local_files_only=local, trust_remote_code=False
            )
    except Exception as error:
        raise ConfigError(
            f"{name!r} could not be opened by sentence-transformers: {error}",
            hint="give a folder that SentenceTransformer.save wrote, or the name of a hub model as `hub`",
        ) from error


@contextmanager
def _no_bars() -> Iterator[None]:
    """Keep transformers' progress bars off the terminal, which has ours."""
    bars = needed("transformers.utils.logging", "text", "a sentence-transformers model")
    shown = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            bars.enable_progress_bar()


def _refuse_code(folder: Path) -> None:
    """Refuse folders whose modules are not of sentence-transformers itself: their code would be run."""
    modules = folder / "modules.json"
    if not modules.is_file():
        return
    try:
        kinds = [str(module["type"]) for module in json.loads(modules.read_text(encoding="utf-8"))]
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{modules.name} of folder {folder.name!r} could not be read: {error}",
            hint="save the model anew with SentenceTransformer.save",
        ) from error
    foreign = [kind for kind in kinds if not kind.startswith(_OURS)]
    if foreign:
        raise ConfigError(
            f"folder {folder.name!r} brings code of its own: {', '.join(foreign)}",
            hint="code in a model folder is never run; wrap the model as `module: package.module:callable`",
        )


def _sentence(library: Any, model: Any, embedding: Embedding) -> str:
    if embedding.path is not None:
        name, digest = embedding.path.name, digest_of([embedding.path])
    else:
        from cl_plugins.embeddings.state import digest_of_state

        name, digest = str(embedding.hub), digest_of_state(model)
    return f"{name} (sha256 {digest}, sentence-transformers {library.__version__})"
