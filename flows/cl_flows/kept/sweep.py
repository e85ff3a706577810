"""Removes rows that no run names any more. Removes no run."""

import json
import os
import secrets
import shutil
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cl_flows.kept.places import ROWS_FOLDER, RUN_FILE, is_digest, rows_lock
from cl_flows.locks import ProcessLock

_REMOVED = ".removed-"
_WAIT_S = 30.0


@dataclass(frozen=True, slots=True)
class SweptRows:
    """Rows that went: their digest, and how many bytes they took."""

    name: str
    n_bytes: int


def sweep_rows(output: Path, *, without: Collection[str] = (), dry_run: bool = False) -> list[SweptRows]:
    """Remove the rows in `output` that no run names; return them.

    Parameters
    ----------
    output
        The results folder.
    without
        Ids of runs that are taken for gone already.
    dry_run
        Whether to say only what would go.

    A run puts its rows in their place and shows itself under one lock, which is held here, too; what a
    killed run left has nobody to name it. Where the lock cannot be had nothing goes.
    """
    folder = output / ROWS_FOLDER
    if not folder.is_dir():
        return []
    if dry_run:
        return [SweptRows(path.name, _size(path)) for path in _unnamed(output, without)]
    lock = ProcessLock(rows_lock(output))
    try:
        if not lock.acquire(wait_s=_WAIT_S):
            return []
        found = [SweptRows(path.name, _size(path)) for path in _unnamed(output, without)]
        for one in found:
            with suppress(OSError):
                hidden = folder / f"{_REMOVED}{one.name}-{secrets.token_hex(4)}"
                os.replace(folder / one.name, hidden)  # noqa: PTH105 - Path.replace hides that this is atomic
        for hidden in folder.glob(f"{_REMOVED}*"):  # those of a killed sweep, too
            shutil.rmtree(hidden, ignore_errors=True)
        return found
    finally:
        lock.release()


def _unnamed(output: Path, without: Collection[str]) -> list[Path]:
    there = [path for path in sorted((output / ROWS_FOLDER).iterdir()) if is_digest(path.name)]
    named = set(_named(output, without)) if there else set()
    return [path for path in there if path.name not in named]


def _named(output: Path, without: Collection[str]) -> Iterator[str]:
    """Yield the rows that runs name: shown ones, and hidden ones that may be shown (again)."""
    for path in (*output.glob(f"*/{RUN_FILE}"), *output.glob(f".*/{RUN_FILE}")):
        if path.parent.name in without:
            continue
        with suppress(OSError, ValueError, KeyError, TypeError):
            rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
            if rows:
                yield rows["folder"]


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
