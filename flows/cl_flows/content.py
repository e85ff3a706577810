"""What probabilities depend on, as one digest: rows, model, options, versions, code. Keeps nothing.

The loader's fingerprint is not trusted alone: a loader of somebody's own that always gives the same one
would let changed data pass on old probabilities. The rows themselves are read.
"""

import hmac
import platform
from hashlib import file_digest, sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, SecretBytes, SecretStr

from cl_core.dataset import Dataset
from cl_core.hooks import Member, ModelBackend
from cl_core.media import Clips, MediaFiles
from cl_plugins.embeddings.digest import onnx_files

_LIBRARIES = ("labelgate", "numpy", "pandas", "scikit-learn", "scipy")


class Unknowable(Exception):  # noqa: N818 - not a fault: there is nothing to compare by
    """The content of something cannot be told, so nothing may be kept under it."""


def prediction_key(
    dataset: Dataset, backend: ModelBackend, options: BaseModel, *, distribution: str, secret: bytes
) -> str:
    """Digest everything that decides what `backend` says of `dataset`.

    Parameters
    ----------
    dataset
        Its rows, labels, classes, groups and times count; its name does not.
    backend, options, distribution
        Who predicts, and how; the code of its package and files that options name count, too.
    secret
        Key of the digest: options may hold passwords, which nobody shall guess from it.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    Unknowable
        For features whose content cannot be read here, such as files behind a URL.
    """
    feed = _Feed(secret)
    feed.add("python", platform.python_version_tuple()[:2])
    for name in (*_LIBRARIES, *backend.requires, distribution):
        feed.add(name, _version(name))
    _feed_dataset(feed, dataset)
    _feed_backend(feed, backend, options)
    return feed.hexdigest()


class _Feed:
    """A keyed digest of labelled parts, each with its length: no two lists of parts read the same."""

    def __init__(self, secret: bytes) -> None:
        self._digest = hmac.new(secret, digestmod=sha256)

    def add(self, name: str, value: Any) -> None:
        self.add_bytes(name, repr(value).encode())

    def add_bytes(self, name: str, data: Any) -> None:
        view = memoryview(data).cast("B") if len(data) else b""
        self._digest.update(f"{name}:{len(view)}:".encode())
        self._digest.update(view)

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


def _feed_dataset(feed: _Feed, dataset: Dataset) -> None:
    feed.add("fingerprint", dataset.fingerprint)
    feed.add("classes", dataset.classes)
    feed.add("modality", dataset.modality)
    for name in ("ids", "labels", "groups", "times", "pred_probs"):
        array = getattr(dataset, name)
        if array is not None:
            _feed_array(feed, name, np.asarray(array))
    match dataset.features:
        case None:
            pass
        case pd.DataFrame() as table:
            for name in table.columns:
                _feed_column(feed, str(name), table[name])
        case np.ndarray() as array:
            _feed_array(feed, "features", array)
        case MediaFiles() as files:
            _feed_files(feed, files)
        case Clips(samples, offsets, rate):
            _feed_array(feed, "samples", samples)
            _feed_array(feed, "offsets", np.asarray(offsets))
            feed.add("rate", rate)
        case list() | tuple() as texts if all(isinstance(text, str) for text in texts):
            feed.add("lengths", [len(text) for text in texts])
            feed.add_bytes("texts", "".join(texts).encode("utf-8", "surrogatepass"))
        case other:
            raise Unknowable(f"features of type {type(other).__name__}")


def _feed_array(feed: _Feed, name: str, array: Any) -> None:
    if array.dtype.kind == "O" and all(isinstance(item, str) for item in array.flat):
        array = array.astype(np.str_)  # as the Prefect engine hands it on
    if array.dtype.kind == "O":
        _feed_column(feed, name, pd.Series(array.ravel()))
        return
    feed.add(name, (array.dtype.str, array.shape))
    if array.dtype.kind in "mM":
        array = array.view(np.int64)
    if array.nbytes:
        feed.add_bytes(name, np.ascontiguousarray(array).reshape(-1).view(np.uint8))


def _feed_column(feed: _Feed, name: str, column: "pd.Series[Any]") -> None:
    feed.add(name, str(column.dtype))
    if column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) != "string":
        column = column.map(repr)  # 1 and "1" are not the same to a model
    feed.add_bytes(name, pd.util.hash_pandas_object(column, index=False).to_numpy().view(np.uint8))


def _feed_files(feed: _Feed, files: MediaFiles) -> None:
    """Count names, sizes and times of change: reading every picture takes as long as the model."""
    if "://" in files.root:
        raise Unknowable(f"files behind {files.root.split('://')[0]}://")
    feed.add("root", str(Path(files.root).resolve()))
    _feed_array(feed, "names", files.names)
    stats = []
    for row in range(len(files)):
        try:
            known = Path(files.location(row)).stat()
        except OSError as error:
            raise Unknowable(f"{files.names[row]}: {error.strerror}") from error
        stats.append((known.st_size, known.st_mtime_ns))
    feed.add_bytes("stats", np.asarray(stats, dtype=np.int64))


def _feed_backend(feed: _Feed, backend: ModelBackend, options: BaseModel) -> None:
    feed.add("backend", backend.name)
    function: Any = backend.predict
    module = getattr(function, "module", None) or getattr(function, "__module__", "")
    for package in (str(module), "cl_core"):
        feed.add("code", _code(package))
    _feed_value(feed, type(options).__name__, options)


def _feed_value(feed: _Feed, name: str, value: Any) -> None:
    match value:
        case SecretStr() | SecretBytes():
            pass  # it opens a door and does not change what is behind
        case Member():
            _feed_member(feed, value)
        case BaseModel():
            for field in type(value).model_fields:
                _feed_value(feed, field, getattr(value, field))
        case dict():
            for key, item in value.items():
                _feed_value(feed, str(key), item)
        case list() | tuple():
            feed.add(name, len(value))
            for item in value:
                _feed_value(feed, name, item)
        case _:
            _feed_word(feed, name, value)


def _feed_word(feed: _Feed, name: str, value: Any) -> None:
    """Count a single value, and what it names: a file, a folder, code."""
    if not isinstance(value, Path | str | bytes | bool | int | float | None):
        raise Unknowable(f"option {name} of type {type(value).__name__}")
    feed.add(name, value)
    if isinstance(value, Path | str) and _is_file_or_folder(value):
        _feed_path(feed, Path(value))
    elif isinstance(value, str) and ("." in value or ":" in value):
        feed.add("code", _code(value))


def _is_file_or_folder(value: Path | str) -> bool:
    if isinstance(value, str) and ("/" not in value or "://" in value):
        return False
    return Path(value).exists()


def _feed_member(feed: _Feed, member: Member) -> None:
    for name in (member.distribution, *member.backend.requires):
        feed.add(name, _version(name))
    _feed_backend(feed, member.backend, member.options)


def _feed_path(feed: _Feed, path: Path) -> None:
    """Count the content of a file and of those that belong to it, or of every file in a folder."""
    found = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else _with_company(path)
    for file in found:
        feed.add("file", str(file.relative_to(path if path.is_dir() else path.parent)))
        try:
            feed.add("content", digest_of(file))
        except OSError as error:
            feed.add("unread", error.errno)


def _with_company(path: Path) -> list[Path]:
    """Return the file; with a network in ONNX its large tensors and the tokenizer beside it, too."""
    if path.suffix.lower() != ".onnx":
        return [path]
    try:
        parts = onnx_files(path)
    except OSError:
        return [path]  # read again where the error is kept
    tokenizer = path.parent / "tokenizer.json"
    return [*parts, tokenizer] if tokenizer.is_file() else parts


def digest_of(file: Path) -> str:
    """Digest a file's content without holding all of it."""
    with file.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()


def _code(dotted: str) -> tuple[Any, ...]:
    """Sizes and times of the Python files that ``package.module`` or ``package.module:name`` comes from.

    Code under work changes without its version: yesterday's probabilities are then not today's.
    """
    top = dotted.partition(":")[0].partition(".")[0]
    if not top.isidentifier():
        return ()
    try:
        found = find_spec(top)
    except (ImportError, ValueError):
        return ()
    if found is None or found.origin is None or not found.origin.endswith(".py"):
        return ()
    files = sorted(Path(found.origin).parent.rglob("*.py")) if found.submodule_search_locations else ()
    stats = [(str(p), p.stat().st_size, p.stat().st_mtime_ns) for p in files or [Path(found.origin)]]
    return tuple(stats)


def _version(name: str) -> str:
    return next((v for known in (name, name.partition(".")[0]) if (v := _installed(known))), "")


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
