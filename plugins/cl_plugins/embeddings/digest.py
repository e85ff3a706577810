"""Digests of network files, so that a record says which weights were used. Reads no network."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

_BLOCK = 2**20
_SHOWN = 12


def digest_of(paths: Iterable[Path]) -> str:
    """Twelve hexadecimal digits of the content of files, of folders with all that is in them."""
    found = hashlib.sha256()
    for path in paths:
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            with file.open("rb") as opened:
                while block := opened.read(_BLOCK):
                    found.update(block)
    return found.hexdigest()[:_SHOWN]


def onnx_files(path: Path) -> list[Path]:
    """Return the .onnx file and those beside it that hold its large tensors."""
    return sorted(p for p in path.parent.glob(f"{path.name}*") if p.is_file())
