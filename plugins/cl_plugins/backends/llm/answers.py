"""Answers that were paid for, kept in a file that several runs may share and a kill cannot hurt."""

import sqlite3
import threading
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import platformdirs

from cl_core.errors import ConfigError
from cl_plugins.backends.llm.answer import Answer

_WAIT_S = 60.0


def default_path() -> Path:
    """Return the file in the user's cache folder."""
    return Path(platformdirs.user_cache_dir("labelgate")) / "llm-answers.db"


def digest(question: str) -> str:
    """Return the key of a question: texts and settings are not kept, nor is any secret."""
    return sha256(question.encode()).hexdigest()


class KeptAnswers:
    """A SQLite file in write-ahead mode: an answer is on disk before `keep` returns.

    Several threads and several processes may use one file. Where two ask the same question at once, the
    answer that was kept first is the one that both go on with.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=_WAIT_S, isolation_level=None, check_same_thread=False
            )
            self._do("PRAGMA journal_mode = WAL")
            self._do("PRAGMA synchronous = FULL")
            self._do(
                "CREATE TABLE IF NOT EXISTS answers "
                "(key TEXT PRIMARY KEY, answer TEXT NOT NULL, kept_at TEXT NOT NULL) WITHOUT ROWID"
            )
        except OSError as error:
            raise ConfigError(
                f"answers cannot be kept in {str(path)!r}: {error.strerror or error}",
                hint="name a file that may be written with `cache_path`",
            ) from error
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def find(self, key: str) -> Answer | None:
        """Return the answer that is kept under `key`, or None."""
        rows = self._do("SELECT answer FROM answers WHERE key = ?", key)
        return Answer.from_json(rows[0][0]) if rows else None

    def has(self, key: str) -> bool:
        """Whether an answer is kept under `key`."""
        return bool(self._do("SELECT 1 FROM answers WHERE key = ?", key))

    def keep(self, key: str, answer: Answer) -> Answer:
        """Write `answer` to disk, and return the one that counts: the first kept under `key`."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._do("INSERT INTO answers VALUES (?, ?, ?) ON CONFLICT DO NOTHING", key, answer.to_json(), now)
        return self.find(key) or answer

    def _do(self, statement: str, *values: str) -> list[Any]:
        try:
            with self._lock:
                return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _unusable(self, error: sqlite3.Error) -> ConfigError:
        return ConfigError(
            f"{str(self.path)!r} cannot keep answers: {error}",
            hint="name another file with `cache_path`, or delete this one where it is no file of answers",
        )
