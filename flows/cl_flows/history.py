"""The history of verdicts: a row a run, in SQLite. Only finished runs are in it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from cl_core.errors import ConfigError

# Two gates may finish in the same instant; a writer waits this long for the other.
_WAIT_S = 30.0


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """What history keeps of a run."""

    run_id: str
    dataset: str
    started_at: str
    finished_at: str
    status: str
    says: str
    noise_rate: float
    low: float
    high: float
    max_noise_rate: float
    method: str
    n_rows: int
    n_flagged: int
    model: str
    fingerprint: str
    engine: str
    version: str


_COLUMNS = tuple(field.name for field in fields(HistoryRow))
_TYPES = {str: "TEXT NOT NULL", float: "REAL NOT NULL", int: "INTEGER NOT NULL"}
SCHEMA = "CREATE TABLE IF NOT EXISTS runs ({}, PRIMARY KEY (run_id))".format(
    ", ".join(f"{f.name} {_TYPES[f.type]}" for f in fields(HistoryRow) if isinstance(f.type, type))
)


@contextmanager
def recording(database: Path, row: HistoryRow, *schema: str) -> Iterator[sqlite3.Connection]:
    """Write `row`; keep it only when the block succeeds, so that history and run folders agree.

    The block gets the connection, to write into the tables of `schema` within the same transaction.
    """
    with opened(database, SCHEMA, *schema) as connection, connection:
        connection.execute("BEGIN IMMEDIATE")
        marks = ", ".join("?" * len(_COLUMNS))
        values = tuple(asdict(row).values())
        connection.execute(f"INSERT INTO runs ({', '.join(_COLUMNS)}) VALUES ({marks})", values)  # noqa: S608
        yield connection


def read_history(database: Path, *, dataset: str | None = None, limit: int = 20) -> list[HistoryRow]:
    """Return the newest runs first, of one data set or of all."""
    if not database.exists():
        return []
    where = "WHERE dataset = ?" if dataset else ""
    query = f"SELECT {', '.join(_COLUMNS)} FROM runs {where} ORDER BY started_at DESC, run_id DESC LIMIT ?"  # noqa: S608
    with opened(database, SCHEMA) as connection:
        found = connection.execute(query, (dataset, limit) if dataset else (limit,)).fetchall()
    return [HistoryRow(*row) for row in found]


@contextmanager
def opened(database: Path, *schema: str) -> Iterator[sqlite3.Connection]:
    """Open the database with the tables of `schema` in it; its errors name the file."""
    try:
        with closing(sqlite3.connect(database, timeout=_WAIT_S, isolation_level=None)) as connection:
            for statement in schema:
                connection.execute(statement)
            yield connection
    except sqlite3.Error as error:
        raise ConfigError(
            f"history database {database} cannot be used: {error}",
            hint="move it aside, or name another results folder with --output",
        ) from error
