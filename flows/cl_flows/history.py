"""The history of verdicts: a row a run. Only finished runs are in it. Where it is kept: cl_flows.database."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import Connection, select

from cl_core.errors import ConfigError
from cl_flows.database.connect import reading, writing
from cl_flows.database.place import Database, is_there
from cl_flows.database.tables import RUNS


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


@contextmanager
def recording(
    database: Database, row: HistoryRow, *, before: Callable[[Connection, str], None] | None = None
) -> Iterator[Connection]:
    """Write `row`; keep it only when the block succeeds, so that history and run folders agree.

    The block gets the connection, to write more within the same transaction, at whose beginning `before` is
    called with it and the run's id.
    """
    with writing(database) as connection:
        if before is not None:
            before(connection, row.run_id)
        connection.execute(RUNS.insert().values(**asdict(row)))
        yield connection


def recorded_status(database: Database, run_id: str) -> str | None:
    """Return the verdict that history holds of a run; None where it holds none."""
    if not is_there(database):
        return None
    with reading(database) as connection:
        found = connection.execute(select(RUNS.c.status).where(RUNS.c.run_id == run_id)).scalar()
    return None if found is None else str(found)


def read_history(
    database: Database, *, dataset: str | None = None, limit: int = 20, since: str | None = None
) -> list[HistoryRow]:
    """Return the newest runs first, of one data set or of all, begun at `since` (ISO 8601) or later.

    Raises
    ------
    ConfigError
        For a database that cannot be used, or that holds a row that no gate wrote.
    """
    if not is_there(database):
        return []
    query = select(*(RUNS.c[field.name] for field in fields(HistoryRow)))
    if dataset is not None:
        query = query.where(RUNS.c.dataset == dataset)
    if since is not None:
        query = query.where(RUNS.c.started_at >= since)
    query = query.order_by(RUNS.c.started_at.desc(), RUNS.c.run_id.desc()).limit(limit)
    with reading(database) as connection:
        return [_row(found, database) for found in connection.execute(query).all()]


def _row(values: Sequence[Any], database: Database) -> HistoryRow:
    """Take a row as it is, or refuse it: SQLite keeps a word where a number belongs."""
    for field, value in zip(fields(HistoryRow), values, strict=True):
        right = isinstance(value, field.type) if isinstance(field.type, type) else True
        if not right or (isinstance(value, float) and not math.isfinite(value)):
            where = f" {database}" if not isinstance(database, str) else ""
            raise ConfigError(
                f"history database{where} is damaged: {field.name} of run {values[0]} is {value!r}",
                hint="restore it from a copy, or move it aside: the runs' folders hold what it held",
            )
    return HistoryRow(*values)
