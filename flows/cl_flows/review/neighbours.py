"""Rows that are most alike, by the vectors that the backend ``knn`` compares. Judges no label."""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cl_core.errors import LabelgateError
from cl_flows.kept.run import KeptRun
from cl_flows.locks import ProcessLock
from cl_flows.review.index import RunIndex
from cl_plugins.stored_rows import EXTRA, read_array, read_dataset

# An exact search reads all vectors of all rows: 160 MB and a tenth of a second.
MOST_ROWS = 200_000
_WAIT_S = 600.0
_BACKENDS = ("knn", "text", "image", "audio")
_NAMED = ("embedding", "embeddings_path", "array", "metric")


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A row that is alike: its position, id and given label.

    `similarity` is 1 for a twin: the cosine of the vectors, or ``1 / (1 + distance)`` where lengths count.
    """

    position: int
    id: str
    label: str
    similarity: float


@dataclass(frozen=True, slots=True, eq=False)
class _Vectors:
    rows: NDArray[np.float32]
    metric: str


def neighbours(index: RunIndex, position: int, k: int = 6) -> tuple[Neighbour, ...]:
    """Return the `k` rows most like the one at `position`, the most alike first.

    Vectors are made at the first call for these rows, which takes as long as the backend ``knn`` needs
    for them, and kept beside the rows: of the network that the run used, else the features themselves.
    Empty for more than 200,000 rows, rows that were not kept, and data with nothing to compare.
    """
    if index.n_rows > MOST_ROWS or not index.run.has_rows():
        return ()
    vectors = _vectors(index.run)
    if vectors is None:
        return ()
    here = vectors.rows[position].astype(np.float64)
    if vectors.metric == "cosine":
        alike = vectors.rows @ here.astype(np.float32)
    else:
        alike = 1 / (1 + np.sqrt(_squared(vectors.rows, here)))
    alike = np.asarray(alike, dtype=np.float64)
    alike[position] = -np.inf
    near = np.lexsort((np.arange(len(alike)), -alike))[: min(k, len(alike) - 1)]
    return tuple(
        Neighbour(int(row), index.id_of(int(row)), index.classes[index.given[row]], float(alike[row]))
        for row in near
    )


def _squared(rows: NDArray[np.float32], here: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared distances, block by block: no second copy of all vectors."""
    out = np.empty(len(rows))
    for start in range(0, len(rows), 8192):
        apart = rows[start : start + 8192] - here
        out[start : start + 8192] = np.einsum("ij,ij->i", apart, apart)
    return out


@lru_cache(maxsize=4)
def _vectors(run: KeptRun) -> _Vectors | None:
    """Read the vectors of the rows, or make them; None where there is nothing to compare by."""
    folder = run.rows_folder()
    for raw in (_options_of(run.config), {}):
        name = EXTRA + (
            f"-{sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()[:12]}" if raw else ""
        )
        try:
            return _kept(folder, name) or _made(folder, name, raw, run)
        except LabelgateError:  # no such network here any more, or nothing to compare: try without
            continue
    return None


def _options_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the run's backend was told of vectors."""
    model = config.get("model") or {}
    if model.get("backend") not in (*_BACKENDS, None):
        return {}
    return {name: model[name] for name in _NAMED if model.get(name) is not None}


def _kept(folder: Path, name: str) -> _Vectors | None:
    head = folder / f"{name}.json"
    if not head.exists():
        return None
    return _Vectors(read_array(folder / f"{name}.npy"), json.loads(head.read_text())["metric"])


def _made(folder: Path, name: str, raw: dict[str, Any], run: KeptRun) -> _Vectors | None:
    """Make the vectors once, however many people ask at the same time."""
    from cl_core.hooks import ModelBackend
    from cl_core.plugins import load_plugins
    from cl_flows.plugin_options import make_options
    from cl_plugins.backends.knn_features import read_features

    lock = ProcessLock(folder / f".{name}.lock")
    try:
        if lock.acquire(wait_s=_WAIT_S) and (found := _kept(folder, name)) is not None:
            return found
        registry = load_plugins()
        knn = registry.find(ModelBackend, "knn")
        options: Any = make_options(knn, raw, Path(run.config.get("base", ".")), "model", registry)
        features = read_features(read_dataset(folder), options, lambda *_: None)
        _write(folder, name, features.vectors, {"metric": features.metric, "source": features.source})
        return _Vectors(features.vectors, features.metric)
    finally:
        lock.release()


def _write(folder: Path, name: str, vectors: NDArray[np.float32], head: dict[str, str]) -> None:
    """Show the vectors by one rename, then what says that they are there; a full disk only costs time."""
    beside = folder / f".{name}-{secrets.token_hex(4)}"
    try:
        with beside.open("wb") as file:
            np.save(file, vectors, allow_pickle=False)
        os.replace(beside, folder / f"{name}.npy")  # noqa: PTH105 - Path.replace hides that this is atomic
        beside.write_text(json.dumps(head), encoding="utf-8")
        os.replace(beside, folder / f"{name}.json")  # noqa: PTH105
    except OSError:
        beside.unlink(missing_ok=True)
