"""A step's result that an earlier attempt finished is used again when it is whole. Files only."""

import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from cl_flows.config import GateConfig
from cl_flows.content import digest_of

_SEAL = ".seal"


def seal_key(config: GateConfig) -> str:
    """Digest what must be the same for a step's result to be used again: the gate, and this labelgate."""
    return sha256(f"{version('labelgate')}\n{config.model_dump_json()}".encode()).hexdigest()


def once(
    path: Path,
    key: str,
    make: Callable[[Path], None],
    *,
    also: tuple[Path, ...] = (),
    after: tuple[Path, ...] = (),
) -> Path:
    """Return `path` as an earlier attempt left it, when it is whole; else let `make` make it.

    Parameters
    ----------
    path
        File or folder of the result. What is left of a broken attempt is removed first.
    key
        Written into the seal; another key is another result. An empty one seals nothing.
    make
        Writes `path`, which it is given, and `also`.
    also
        Files that belong to the result and lie elsewhere.
    after
        Results that it was made from: where one of them is other than it was, this one is made again.
    """
    seal = _seal_of(path)
    if key:
        key = sha256(
            "\n".join([key, *(_seal_of(one).read_text("utf-8") for one in after)]).encode()
        ).hexdigest()
    if key and _is_whole(path, seal, key, also):
        return path
    for leftover in (seal, path, *also):
        _remove(leftover)
    make(path)
    if key:
        beside = seal.with_suffix(".new")
        beside.write_text(json.dumps({"key": key, "files": _digests(path, also)}), encoding="utf-8")
        os.replace(beside, seal)  # noqa: PTH105 - Path.replace hides that this is atomic
    return path


def _seal_of(path: Path) -> Path:
    return path.with_name(path.name + _SEAL)


def _is_whole(path: Path, seal: Path, key: str, also: tuple[Path, ...]) -> bool:
    try:
        written = json.loads(seal.read_text(encoding="utf-8"))
        return bool(written == {"key": key, "files": _digests(path, also)})
    except (OSError, ValueError):
        return False


def _digests(path: Path, also: tuple[Path, ...]) -> dict[str, str]:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return {file.name: digest_of(file) for file in (*files, *also)}


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(FileNotFoundError):
            path.unlink()
