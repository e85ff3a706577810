"""Finished folds of a fit as files, so that the next run goes on from there. Trusts nothing half-written."""

import io
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from pathlib import Path

import numpy as np

from cl_core.checkpoints import Fold
from cl_core.types import Indices

_ENDING = ".fold"
_DIGEST_BYTES = 32


@dataclass(slots=True)
class FoldFiles:
    """A folder of finished folds: a `cl_core.checkpoints.FoldKeeper`.

    Attributes
    ----------
    folder
        Named by all that the folds depend on, and locked by whoever made this object.
    max_bytes
        Beyond this nothing more is kept.
    n_found
        Folds that did not have to be fitted.
    """

    folder: Path
    max_bytes: int
    n_found: int = 0
    _numbers: Iterator[int] = field(default_factory=count)

    def begin(self) -> int:
        """Return 0, 1, ...: a model makes its cross-validations in the same order every time."""
        return next(self._numbers)

    def find(self, number: int, train: Indices, test: Indices) -> Fold | None:
        """Return a fold whose file is whole and is about these rows."""
        path = self.folder / _name(number, train, test)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        body = memoryview(data)[_DIGEST_BYTES:]
        if sha256(body).digest() != data[:_DIGEST_BYTES]:
            with suppress(OSError):
                path.unlink()
            return None
        with np.load(io.BytesIO(body), allow_pickle=False) as kept:
            fold = Fold(
                kept["seen"], kept["probs"], tuple(kept["heard"].tolist()), tuple(kept["memo"].tolist())
            )
        self.n_found += 1
        return fold

    def keep(self, number: int, train: Indices, test: Indices, fold: Fold) -> None:
        """Write a fold beside the others and show it by one rename."""
        if size_of(self.folder) + fold.probs.nbytes > self.max_bytes:
            return
        body = io.BytesIO()
        np.savez(
            body,
            seen=fold.seen,
            probs=fold.probs,
            heard=np.asarray(fold.heard, dtype=np.str_),
            memo=np.asarray(fold.memo, dtype=np.int64),
        )
        beside = self.folder / f".{secrets.token_hex(4)}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with beside.open("wb") as file:
                file.write(sha256(body.getbuffer()).digest())
                file.write(body.getbuffer())
            os.replace(beside, self.folder / _name(number, train, test))  # noqa: PTH105 - one rename
        except OSError:  # a full disk costs the next run some folds, and this one nothing
            with suppress(OSError):
                beside.unlink()

    def clear(self) -> None:
        """Remove all folds: what they were kept for is done."""
        shutil.rmtree(self.folder, ignore_errors=True)


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder; 0 where there is none."""
    with suppress(OSError):
        return sum(file.stat().st_size for file in folder.iterdir())
    return 0


def _name(number: int, train: Indices, test: Indices) -> str:
    rows = sha256()
    for part in (train, test):
        ready = np.ascontiguousarray(part, dtype=np.int64)
        rows.update(len(ready).to_bytes(8, "little"))
        rows.update(ready.tobytes())
    return f"{number}-{rows.hexdigest()[:32]}{_ENDING}"
