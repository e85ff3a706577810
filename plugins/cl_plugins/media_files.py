"""Reads the files of pictures and sounds, local or behind an fsspec URL, several at once. No decoding."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from pathlib import Path
from typing import Any, TypeVar

from cl_core.errors import ConfigError, InputError
from cl_core.media import MediaFiles

T = TypeVar("T")

# Decoders work outside Python's lock, and a file behind a URL is waited for.
_THREADS = min(8, 2 * (cpu_count() or 1))


def batches(n: int, size: int) -> Iterator[range]:
    """Rows 0..n-1 in order, `size` at a time."""
    return (range(start, min(start + size, n)) for start in range(0, n, size))


def decode_all(files: MediaFiles, rows: range, decode: Callable[[bytes, str], T]) -> list[T]:
    """Read the file of each row and hand it, with its name, to `decode`; the order of rows is kept."""
    read = reader(files)
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(lambda row: decode(read(row), str(files.names[row])), rows))


def reader(files: MediaFiles) -> Callable[[int], bytes]:
    """Return a function that gives the bytes of a row's file, or an `InputError` that names it."""
    if "://" not in files.root:
        return lambda row: _read(files, row, lambda place: Path(place).read_bytes())
    filesystem = open_filesystem(files.root)
    return lambda row: _read(files, row, filesystem.cat_file)


def open_filesystem(url: str) -> Any:
    """Return the fsspec file system of `url`."""
    from fsspec.core import url_to_fs

    try:
        return url_to_fs(url)[0]
    except (ImportError, ValueError) as error:
        raise ConfigError(
            f"{url.partition('://')[0]}:// cannot be opened here: {error}",
            hint="install the fsspec package of that protocol, such as s3fs or gcsfs, or check the address",
        ) from error


def _read(files: MediaFiles, row: int, read: Callable[[str], bytes]) -> bytes:
    name = str(files.names[row])
    try:
        content = read(files.location(row))
    except OSError as error:
        raise InputError(
            f"file {name!r} of row {row:,} could not be read: {error.strerror or error}",
            hint="check that it is there and who may read it, or leave the row out",
        ) from error
    if not content:
        raise InputError(
            f"file {name!r} of row {row:,} is empty (0 bytes)", hint="replace the file, or leave it out"
        )
    return content
