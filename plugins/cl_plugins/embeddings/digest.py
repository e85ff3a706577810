"""Digests of network files, so that a record says which weights were used. Reads no network."""

import hashlib
import re
from collections.abc import Iterable
from mmap import ACCESS_READ, mmap
from pathlib import Path

_BLOCK = 2**20
_SHOWN = 12
_LONGEST_NAME = 512
# The entry "location" of a tensor's external_data, as protobuf writes it: key, then the value's mark.
_LOCATION = re.compile(rb"\x0a\x08location\x12")


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
    """Return the .onnx file and the files that hold its large tensors, which it names itself.

    They may have any name and lie below its folder; one that is not there is left to ONNX Runtime to miss.
    """
    if path.stat().st_size == 0:
        return [path]
    with path.open("rb") as opened, mmap(opened.fileno(), 0, access=ACCESS_READ) as content:
        named = {_text_after(content, found.end()) for found in _LOCATION.finditer(content)}
    beside = {place for name in named if (place := path.parent / name).is_file()}
    return [path, *sorted(beside)]


def _text_after(content: mmap, start: int) -> str:
    """Read a string of protobuf: its length, seven bits a byte, then its letters."""
    length = shift = 0
    while start < len(content):
        byte = content[start]
        length |= (byte & 0x7F) << shift
        start, shift = start + 1, shift + 7
        if byte < 0x80:  # noqa: PLR2004 - the last byte of a length
            break
    return content[start : start + min(length, _LONGEST_NAME)].decode("utf-8", "replace").replace("\0", "")
