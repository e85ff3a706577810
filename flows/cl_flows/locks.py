"""A lock between processes that ends with its holder, however that dies. Works wherever SQLite does."""

import sqlite3
import time
from contextlib import suppress
from pathlib import Path

_PAUSE_S = 0.01


class ProcessLock:
    """An exclusive lock on a file.

    SQLite's own file lock is used: the operating system drops it when the process ends, on every
    platform, so that a killed process never leaves a lock behind, only the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None

    @property
    def is_held(self) -> bool:
        """Whether this process holds the lock by this object."""
        return self._connection is not None

    def acquire(self, *, wait_s: float) -> bool:
        """Take the lock, waiting up to `wait_s` seconds; return whether it was taken."""
        deadline = time.monotonic() + wait_s
        while True:
            before, left_s = self._file(), max(0.0, deadline - time.monotonic())
            try:
                connection = sqlite3.connect(self.path, timeout=left_s, isolation_level=None)
            except sqlite3.OperationalError:  # no folder to hold the file, or none that may be written
                return False
            is_locked = _lock(connection)
            # A file that was made or removed meanwhile is not, or not surely, the one that others lock.
            is_same = before is not None and before == self._file()
            if is_locked and is_same:
                self._connection = connection
                return True
            connection.close()
            if not is_locked:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(_PAUSE_S)  # not held by another, else SQLite had waited: the file was just removed

    def release(self) -> None:
        """Give the lock back; releasing twice does nothing."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def remove(self) -> None:
        """Give the lock back and remove its file; whoever waits for it makes a new one."""
        if self._connection is None:
            return
        try:
            self.path.unlink(missing_ok=True)  # while it is held: nobody else can take what is removed
            self.release()
        except OSError:
            self.release()
            with suppress(
                OSError
            ):  # Windows removes no file that is open, and none that somebody else opened
                self.path.unlink()

    def _file(self) -> tuple[int, int] | None:
        """Return what tells the file from another one of the same name; None where there is none."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


def _lock(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return False
    return True
