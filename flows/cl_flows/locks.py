"""A lock between processes that ends with its holder, however that dies. Works wherever SQLite does."""

import sqlite3
import time
from contextlib import suppress
from pathlib import Path


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
            before = self._file()
            connection = self._locked(max(0.0, deadline - time.monotonic()))
            if connection is None:
                return False
            # A file that was made or removed meanwhile may not be the one that others lock.
            if before is not None and before == self._file():
                self._connection = connection
                return True
            connection.close()

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

    def _locked(self, wait_s: float) -> sqlite3.Connection | None:
        try:
            connection = sqlite3.connect(self.path, timeout=wait_s, isolation_level=None)
        except sqlite3.OperationalError:  # no folder to hold the file, or none that may be written
            return None
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            connection.close()
            return None
        return connection

    def _file(self) -> tuple[int, int] | None:
        """Return what tells the file from another one of the same name; None where there is none."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino
