"""A lock between processes that ends with its holder, however that dies. Works wherever SQLite does."""

import sqlite3
from pathlib import Path


class ProcessLock:
    """An exclusive lock on a file.

    SQLite's own file lock is used: the operating system drops it when the process ends, on every
    platform, so that a killed process never leaves a lock behind.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None

    def acquire(self, *, wait_s: float) -> bool:
        """Take the lock, waiting up to `wait_s` seconds; return whether it was taken."""
        try:
            connection = sqlite3.connect(self.path, timeout=wait_s, isolation_level=None)
        except sqlite3.OperationalError:  # no folder to hold the file, or none that may be written
            return False
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            connection.close()
            return False
        self._connection = connection
        return True

    def release(self) -> None:
        """Give the lock back; releasing twice does nothing."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
