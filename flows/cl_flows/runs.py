"""A run's folder: written beside the others under a hidden name, shown whole or not at all."""

import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cl_core.errors import ConfigError
from cl_flows.claims import Claim, all_claims, drop_claim, is_kept, read_claim, write_claim
from cl_flows.locks import ProcessLock

HISTORY_FILE = "history.db"
SCORED_FILE = "scored.parquet"
_PARTIAL = ".partial"
_LOCK = ".lock"
# Another run that looks whether it is held has a new lock for an instant.
_LOCK_WAIT_S = 5.0
_KEPT = ".kept"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where one run writes.

    Attributes
    ----------
    run_id
        Sortable by time and unique.
    partial
        Hidden folder that collects the results while the run goes on.
    final
        Where they lie once the run is finished.
    replaces
        Whether the final verdict takes the place of an undecided one that is shown already.
    """

    run_id: str
    partial: Path
    final: Path
    replaces: bool = False

    @property
    def work(self) -> Path:
        """Folder for what the steps hand each other; not kept."""
        return self.partial / "work"

    @property
    def kept(self) -> Path:
        """Hidden folder of the work while the run waits for people."""
        return self.partial.with_suffix(_KEPT)

    @property
    def replaced(self) -> Path:
        """Hidden folder of an undecided verdict while the final one takes its place."""
        return self.partial.with_suffix(".replaced")

    @property
    def scored(self) -> Path:
        """The scored table, while the run goes on."""
        return self.partial / SCORED_FILE


def new_run_id(as_of: datetime | None = None) -> str:
    """Make a run id from the time, or the moment that its data are of, and a few random letters.

    The letters begin with the thousandths of the second, so that ids sort as the runs began.
    """
    moment = (as_of or datetime.now(UTC)).astimezone(UTC)
    return f"{moment:%Y%m%d-%H%M%S}-{moment.microsecond // 1000:03x}{secrets.token_hex(3)}"


@contextmanager
def open_run(output: Path, run_id: str, claim: Claim | None = None) -> Iterator[RunFolder]:
    """Make the folder of a run; remove it when the block fails or leaves it unfinished.

    With a `claim` a killed run leaves what it had finished, and whoever opens it again finds it there.
    """
    folder = RunFolder(run_id, output / f".{run_id}{_PARTIAL}", output / run_id)
    lock = _lock_of(folder.partial)
    try:
        try:
            _make(folder, lock, claim)
            _sweep(output)
        except OSError as error:
            raise ConfigError(
                f"results folder {output} is not writable: {error.strerror}",
                hint="name another with --output or output.folder",
            ) from error
        yield folder
    finally:
        if lock.is_held:  # else another process is at work on the run, and what lies there is its own
            if claim is not None:
                _give_up(folder)
            _remove(folder.partial, lock)


def _make(folder: RunFolder, lock: ProcessLock, claim: Claim | None) -> None:
    """Make the hidden folder, locked before it is there: others remove every one that nobody has locked."""
    folder.partial.parent.mkdir(parents=True, exist_ok=True)
    if not lock.acquire(wait_s=_LOCK_WAIT_S):
        if folder.partial.is_dir():
            raise ConfigError(
                f"another process is at work on run {folder.run_id}",
                hint="one flow run is one process: cancel the other, or wait for its verdict",
            )
        with tempfile.TemporaryFile(dir=folder.partial.parent, buffering=0) as probe:
            probe.write(bytes(4096))  # a full disk says so
        raise OSError(errno.ENOLCK, f"no lock can be taken on {lock.path.name}")
    if claim is not None:
        write_claim(folder.partial.parent, claim)
    folder.work.mkdir(parents=True, exist_ok=claim is not None)


def _give_up(folder: RunFolder) -> None:
    """Keep the work of a run that waits for people; forget one that ended without a verdict."""
    known = read_claim(folder.partial.parent, folder.run_id)
    if known is not None and known.is_waiting:
        keep_work(folder)
    elif not folder.final.is_dir():
        drop_claim(folder.partial.parent, folder.run_id)


def keep_work(folder: RunFolder) -> None:
    """Move what the steps handed each other beside the run, for when it goes on."""
    if folder.work.is_dir() and any(folder.work.iterdir()):
        shutil.rmtree(folder.kept, ignore_errors=True)
        os.replace(folder.work, folder.kept)  # noqa: PTH105


def rows_to_keep(folder: RunFolder) -> Path:
    """Return where a run's rows lie that are kept for review: a run that waits needs its own once more."""
    known = read_claim(folder.partial.parent, folder.run_id)
    return folder.work / ("rows" if known is not None and known.is_waiting else "dataset")


def is_free(output: Path, run_id: str) -> bool:
    """Whether no process is at work on a run."""
    lock = _lock_of(output / f".{run_id}{_PARTIAL}")
    if not lock.acquire(wait_s=0):
        return False
    lock.remove()
    return True


def _lock_of(partial: Path) -> ProcessLock:
    """Return the lock of a hidden folder; it lies beside it, so that it can be taken first."""
    return ProcessLock(partial.with_suffix(_LOCK))


def _remove(partial: Path, lock: ProcessLock) -> None:
    shutil.rmtree(partial, ignore_errors=True)
    lock.remove()


def _sweep(output: Path) -> None:
    """Remove what killed runs left: the folders whose lock nobody holds any more, and that nobody claims."""
    found = (path for suffix in (_PARTIAL, _LOCK) for path in output.glob(f".*{suffix}"))
    for partial in {path.with_suffix(_PARTIAL) for path in found}:
        lock = _lock_of(partial)
        if not is_kept(output, partial.stem[1:]) and lock.acquire(wait_s=0):
            _remove(partial, lock)
    for claim in all_claims(output):
        if not is_kept(output, claim.run_id) and is_free(output, claim.run_id):
            drop_claim(output, claim.run_id)
    for kept in output.glob(f".*{_KEPT}"):
        if not is_kept(output, kept.stem[1:]) and is_free(output, kept.stem[1:]):
            shutil.rmtree(kept, ignore_errors=True)


def finish(folder: RunFolder) -> None:
    """Show the finished run: one rename, so that nobody ever sees half of it."""
    known = read_claim(folder.partial.parent, folder.run_id)
    if known is not None and known.is_waiting:
        keep_work(folder)
    shutil.rmtree(folder.work, ignore_errors=True)
    if folder.replaces and folder.final.is_dir():
        os.replace(folder.final, folder.replaced)  # noqa: PTH105
    os.replace(folder.partial, folder.final)  # noqa: PTH105 - Path.replace hides that this is atomic


@contextmanager
def hidden_on_failure(folder: RunFolder) -> Iterator[None]:
    """Hide a run again that was shown when the block fails: history could not be kept."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            os.replace(folder.final, folder.partial)  # noqa: PTH105
        if folder.replaces:
            with suppress(OSError):
                os.replace(folder.replaced, folder.final)  # noqa: PTH105
        raise
    if folder.replaces:  # recorded now: nobody comes back for what the undecided verdict rested on
        shutil.rmtree(folder.replaced, ignore_errors=True)
        shutil.rmtree(folder.kept, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class SetAside:
    """The folder of a run that is about to go: hidden, and locked against being swept."""

    shown: Path
    hidden: Path
    lock: ProcessLock

    def put_back(self) -> None:
        """Show the run again."""
        with suppress(OSError):
            os.replace(self.hidden, self.shown)  # noqa: PTH105
        _remove(self.hidden, self.lock)

    def remove(self) -> None:
        """Remove it for good."""
        _remove(self.hidden, self.lock)


def set_aside(output: Path, run_id: str) -> SetAside | None:
    """Hide the folder of a finished run by one rename; None where there is none, or somebody else did it."""
    shown, hidden = output / run_id, output / f".{run_id}{_PARTIAL}"
    lock = _lock_of(hidden)
    if not shown.is_dir() or not lock.acquire(wait_s=0):
        return None
    try:
        os.replace(shown, hidden)  # noqa: PTH105
    except OSError as error:
        _remove(hidden, lock)
        raise ConfigError(
            f"run folder {shown} cannot be removed: {error.strerror}", hint="look at its owner and rights"
        ) from error
    return SetAside(shown, hidden, lock)


def find_run(output: Path, wanted: str) -> Path:
    """Return the folder of the run whose id begins with `wanted`; ``last`` is the newest one."""
    runs = sorted(p for p in output.glob("[0-9]*-*") if p.is_dir())
    if not runs:
        raise ConfigError(f"no runs in {output}", hint="`labelgate run` makes one; --output names the folder")
    if wanted == "last":
        return _whole(runs[-1])
    found = [p for p in runs if p.name.startswith(wanted)]
    if len(found) != 1:
        what = "no run" if not found else f"{len(found)} runs"
        raise ConfigError(
            f"{what} in {output} called {wanted!r}",
            hint=f"`labelgate history` lists them; newest: {runs[-1].name}",
        )
    return _whole(found[0])


def _whole(run: Path) -> Path:
    """Refuse a run that lost a file: what asks for a run reads these."""
    lost = [name for name in ("report.json", "report.md", SCORED_FILE) if not (run / name).is_file()]
    if lost:
        raise ConfigError(
            f"run {run.name} is damaged: {', '.join(lost)} of its folder {run} cannot be found",
            hint="restore its folder from a copy, or gate the data again",
        )
    return run
