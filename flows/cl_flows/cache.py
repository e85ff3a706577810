"""Probabilities kept for the next run on the same rows and model, found by content. Decides nothing."""

import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from cl_core.checkpoints import keeping_folds
from cl_core.dataset import Predictions
from cl_flows.content import Unknowable, digest_of
from cl_flows.fold_files import FoldFiles, size_of
from cl_flows.limits import refuse_overdue
from cl_flows.locks import ProcessLock
from cl_flows.progress import report_progress
from cl_flows.store import read_predictions, save_predictions

_ENTRY = "entry.json"
_SECRET = "secret"  # noqa: S105 - the name of a file
_PARTIAL = ".partial"
_FOLDS = ".folds"
# Another run that fits the same model is asked this often whether it is done.
_POLL_S = 1.0
# A cut-off night's folds serve the next nights; after a week the data have moved on.
_FOLDS_KEPT_S = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of predictions, one folder an entry, named by the digest of all they depend on.

    Attributes
    ----------
    folder
        Where entries lie; made when it is first needed.
    max_bytes
        When entries outgrow it, those not used for longest go.
    wait_s
        How long to wait for another run that makes the same entry.
    """

    folder: Path
    max_bytes: int
    wait_s: float

    def predictions(
        self, key_for: Callable[[bytes], str], make: Callable[[], Predictions], run_id: str
    ) -> Predictions:
        """Return what is kept under the key, else what `make` makes, which is then kept.

        `key_for` makes the key from this cache's secret. Two runs at once make an entry once.
        """
        try:
            key = key_for(self._secret())
        except (Unknowable, OSError) as reason:
            return _noted(make(), f"probabilities were not kept for the next run: {reason}")
        self.sweep_locks()
        found, problem = self._look(key)
        if found is not None:
            return found
        with self._only_one(key) as alone:
            found, _ = self._look(key) if alone else (None, "")
            if found is not None:
                return found
            folds = FoldFiles(self._folds_of(key), self.max_bytes)
            try:
                with keeping_folds(folds if alone else None):
                    made = make()
            except BaseException:
                self._drop_old_folds()
                self._leave_nothing()
                raise
            problem = "; ".join(filter(None, (problem, self._keep(key, made, run_id) if alone else "")))
            if alone:
                folds.clear()
        made = _noted(made, _gone_on(folds.n_found)) if folds.n_found else made
        return _noted(made, problem) if problem else made

    def _folds_of(self, key: str) -> Path:
        """Where the folds lie that a run fitted which was cut off before it had them all."""
        return self.folder / f".{key}{_FOLDS}"

    def _secret(self) -> bytes:
        """Read the key of this cache's digests, made at its first use; only its owner may read it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / _SECRET
        if not path.exists():
            beside = self.folder / f".{_SECRET}-{secrets.token_hex(4)}"
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(32))
            with suppress(FileExistsError):  # another run was first
                os.link(beside, path)
            beside.unlink()
        return path.read_bytes()

    def _look(self, key: str) -> tuple[Predictions | None, str]:
        """Return the entry if it is there and whole, else why it is not to be used."""
        entry = self.folder / key
        if not entry.exists():
            return None, ""
        try:
            head = json.loads((entry / _ENTRY).read_text(encoding="utf-8"))
            if head["files"] != _digests(entry):
                raise ValueError("its content has changed since it was written")  # noqa: TRY301
            found = read_predictions(entry)
        except (OSError, ValueError, KeyError, TypeError) as fault:
            _drop(entry)
            return None, f"kept probabilities were damaged and are made anew: {fault}"
        with suppress(OSError):  # one who may read only cannot say when it was used last
            os.utime(entry / _ENTRY)
        said = f"probabilities of run {head['run_id']} used again"
        report_progress(1, 1, said)
        return _noted(found, f"{said}: rows, model, options and versions are the same"), ""

    @contextmanager
    def _only_one(self, key: str) -> Iterator[bool]:
        """Wait while another run makes the same entry; say whether this run may make it now."""
        lock = ProcessLock(self.folder / f"{key}.lock")
        deadline = time.monotonic() + self.wait_s
        taken = lock.acquire(wait_s=0)
        while not taken and time.monotonic() < deadline:
            refuse_overdue()
            report_progress(0, 1, "waiting for another run that fits the same model")
            began = time.monotonic()
            taken = lock.acquire(wait_s=_POLL_S)
            if not taken:  # a lock that cannot be taken at all answers at once
                time.sleep(max(0.0, _POLL_S - (time.monotonic() - began)))
        try:
            yield taken
        finally:
            lock.remove()

    def _keep(self, key: str, made: Predictions, run_id: str) -> str:
        """Write the entry beside the others, show it by one rename; return why it could not be kept."""
        partial = self.folder / f".{key}-{secrets.token_hex(4)}{_PARTIAL}"
        try:
            save_predictions(made, partial)
            size = size_of(partial)
            if size > self.max_bytes:
                raise OSError(f"{size / 1e9:.1f} GB are more than cache.max_gigabytes")  # noqa: TRY301
            head = {"run_id": run_id, "files": _digests(partial)}
            (partial / _ENTRY).write_text(json.dumps(head), encoding="utf-8")
            partial.rename(self.folder / key)
            self._make_room(key)
        except OSError as reason:
            return f"probabilities were not kept for the next run: {reason}"
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return ""

    def sweep_locks(self) -> None:
        """Remove the locks of runs that were killed while they fitted what nobody asks for any more."""
        for path in self.folder.glob("*.lock"):
            lock = ProcessLock(path)
            if lock.acquire(wait_s=0):
                lock.remove()

    def _make_room(self, newest: str) -> None:
        """Remove what killed runs left, then the entries not used for longest."""
        for partial in self.folder.glob(f".*{_PARTIAL}"):
            lock = ProcessLock(self.folder / f"{partial.name[1:].partition('-')[0]}.lock")
            if lock.acquire(wait_s=0):
                shutil.rmtree(partial, ignore_errors=True)
                lock.remove()
        self._drop_old_folds()
        known = [path.parent for path in self.folder.glob(f"*/{_ENTRY}")]
        oldest_first = sorted(known, key=_used)
        total = sum(map(size_of, oldest_first))
        for entry in oldest_first:
            if total <= self.max_bytes:
                return
            if entry.name != newest:
                total -= size_of(entry)
                _drop(entry)

    def _drop_old_folds(self) -> None:
        """Remove the folds that nobody went on with for days, and those beyond the size of the cache."""
        total = 0
        for folds in sorted(self.folder.glob(f".*{_FOLDS}"), key=_modified, reverse=True):
            total += size_of(folds)
            if time.time() - _modified(folds) < _FOLDS_KEPT_S and total <= self.max_bytes:
                continue
            lock = ProcessLock(self.folder / f"{folds.name[1:].partition('.')[0]}.lock")
            if lock.acquire(wait_s=0):
                shutil.rmtree(folds, ignore_errors=True)
                lock.remove()

    def _leave_nothing(self) -> None:
        """Remove a cache that never held anything."""
        with suppress(OSError):
            held = (f"*/{_ENTRY}", f".*{_PARTIAL}", f".*{_FOLDS}")
            if not any(any(self.folder.glob(pattern)) for pattern in held):
                (self.folder / _SECRET).unlink()


def _noted(predictions: Predictions, note: str) -> Predictions:
    return replace(predictions, notes=(*predictions.notes, note))


def _gone_on(n_found: int) -> str:
    what = "1 fold was" if n_found == 1 else f"{n_found} folds were"
    return f"{what} not fitted again: a run that was cut off had finished {'it' if n_found == 1 else 'them'}"


def _modified(path: Path) -> float:
    with suppress(OSError):  # another run removes it in this instant
        return path.stat().st_mtime
    return time.time()


def _digests(entry: Path) -> dict[str, str]:
    return {file.name: digest_of(file) for file in sorted(entry.iterdir()) if file.name != _ENTRY}


def _used(entry: Path) -> float:
    with suppress(OSError):
        return (entry / _ENTRY).stat().st_mtime
    return 0.0


def _drop(entry: Path) -> None:
    """Hide the entry by one rename, then remove it: nobody reads half of it."""
    aside = entry.with_name(f".{entry.name}-{secrets.token_hex(4)}{_PARTIAL}")
    with suppress(OSError):
        entry.rename(aside)
    shutil.rmtree(aside, ignore_errors=True)
