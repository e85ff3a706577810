"""Accepted runs, by which later ones are measured: kept beside the runs in history. No comparing."""

import json
import sqlite3
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from cl_core.baseline import Baseline
from cl_core.errors import ConfigError
from cl_flows.history import SCHEMA, opened

FIGURES_SCHEMA = """
CREATE TABLE IF NOT EXISTS figures (
    run_id TEXT PRIMARY KEY, accepted INTEGER NOT NULL, figures TEXT NOT NULL
)
"""
_ACCEPTANCES = """
CREATE TABLE IF NOT EXISTS acceptances (
    number INTEGER PRIMARY KEY, run_id TEXT NOT NULL, who TEXT NOT NULL, reason TEXT NOT NULL,
    accepted_at TEXT NOT NULL
)
"""
_SCHEMAS = (SCHEMA, FIGURES_SCHEMA, _ACCEPTANCES)
_RUN = """
SELECT runs.run_id, finished_at, n_rows, noise_rate, low, high, method, model, figures.figures
FROM runs LEFT JOIN figures ON figures.run_id = runs.run_id
"""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A person's word that later runs may be measured by this one."""

    run_id: str
    who: str
    reason: str
    accepted_at: str


def write_figures(connection: sqlite3.Connection, figures: Baseline, *, accepted: bool) -> None:
    """Keep the figures of a run, within the transaction that records the run."""
    text = json.dumps(figures.to_dict(), ensure_ascii=False, allow_nan=False)
    connection.execute(
        "INSERT INTO figures (run_id, accepted, figures) VALUES (?, ?, ?)",
        (figures.run_id, int(accepted), text),
    )


def find_baseline(database: Path, dataset: str, *, wanted: str | None = None) -> Baseline | None:
    """Return what a run of `dataset` is measured by.

    The run whose id begins with `wanted`, if it is given; else the newest of the runs that passed and
    those that a person accepted, by the time of passing or of accepting. None without any.
    """
    if not database.exists():
        if wanted is not None:
            _refuse(wanted, dataset, 0)
        return None
    with opened(database, *_SCHEMAS) as connection:
        if wanted is not None:
            return _baseline(connection, _named(connection, wanted, dataset))
        passed = connection.execute(
            f"{_RUN} WHERE dataset = ? AND coalesce(figures.accepted, status = 'passed')"
            " ORDER BY finished_at DESC, runs.run_id DESC LIMIT 1",
            (dataset,),
        ).fetchone()
        by_hand = connection.execute(
            "SELECT acceptances.run_id, accepted_at FROM acceptances JOIN runs USING (run_id)"
            " WHERE dataset = ? ORDER BY number DESC LIMIT 1",
            (dataset,),
        ).fetchone()
        if by_hand is not None and (passed is None or _moment(by_hand[1]) >= _moment(passed[1])):
            return _baseline(connection, by_hand[0])
        return None if passed is None else _baseline(connection, passed[0])


def refuse_unknown_run(database: Path, wanted: str | None) -> None:
    """Refuse a baseline that no run can be, before hours of work; whose run it is shows later."""
    if wanted is None:
        return
    if not database.exists():
        _refuse(wanted, None, 0)
    with opened(database, SCHEMA) as connection:
        query = "SELECT count(*) FROM runs WHERE substr(run_id, 1, length(?)) = ? OR ? = 'last'"
        (known,) = connection.execute(query, (wanted, wanted, wanted)).fetchone()
    if not known or not wanted:
        _refuse(wanted, None, 0)


def accept_run(
    database: Path, wanted: str, *, who: str, reason: str, now: datetime | None = None
) -> tuple[Baseline, str]:
    """Accept a run by hand; return its figures and the name of its data set."""
    if not who.strip() or not reason.strip():
        raise ConfigError("an acceptance wants a person and a reason", hint="give --who and --reason")
    if not database.exists():
        raise ConfigError(f"there is no history {database}", hint="`labelgate run` makes one")
    moment = (now or datetime.now(UTC)).isoformat(timespec="milliseconds")
    with opened(database, *_SCHEMAS) as connection, connection:
        connection.execute("BEGIN IMMEDIATE")
        run_id = _named(connection, wanted, None)
        connection.execute(
            "INSERT INTO acceptances (run_id, who, reason, accepted_at) VALUES (?, ?, ?, ?)",
            (run_id, who.strip(), reason.strip(), moment),
        )
        query = "SELECT dataset FROM runs WHERE run_id = ?"
        (dataset,) = connection.execute(query, (run_id,)).fetchone()
        return _baseline(connection, run_id), dataset


def read_acceptances(database: Path) -> dict[str, Acceptance]:
    """Return the latest acceptance of each run, by run."""
    if not database.exists():
        return {}
    with opened(database) as connection:  # looking changes nothing, not even an old database
        query = "SELECT count(*) FROM sqlite_master WHERE name = 'acceptances'"
        (there,) = connection.execute(query).fetchone()
        query = "SELECT run_id, who, reason, accepted_at FROM acceptances ORDER BY number"
        rows = connection.execute(query).fetchall() if there else []
    return {row[0]: Acceptance(*row) for row in rows}


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _named(connection: sqlite3.Connection, wanted: str, dataset: str | None) -> str:
    """Return the id of the one run that begins with `wanted`; ``last`` is the newest."""
    if wanted == "last":
        query = (
            "SELECT run_id FROM runs WHERE dataset = coalesce(?, dataset)"
            " ORDER BY started_at DESC, run_id DESC"
        )
        newest = connection.execute(query, (dataset,)).fetchone()
        return str(newest[0]) if newest else _refuse(wanted, dataset, 0)
    known = connection.execute(
        "SELECT run_id FROM runs WHERE substr(run_id, 1, length(?)) = ? AND dataset = coalesce(?, dataset)",
        (wanted, wanted, dataset),
    ).fetchall()
    if len(known) != 1 or not wanted:
        _refuse(wanted, dataset, len(known))
    return str(known[0][0])


def _refuse(wanted: str, dataset: str | None, found: int) -> NoReturn:
    of = f" of data set {dataset!r}" if dataset is not None else ""
    raise ConfigError(
        f"{'no run' if not found else f'{found} runs'}{of} called {wanted!r} in history",
        hint="`labelgate history` lists the runs; a run can only be compared with one of the same name",
    )


def _baseline(connection: sqlite3.Connection, run_id: str) -> Baseline:
    """Read a run's figures; of a run recorded before they were kept, what history has."""
    row = connection.execute(f"{_RUN} WHERE runs.run_id = ?", (run_id,)).fetchone()
    *plain, figures = row
    found = Baseline.from_dict(json.loads(figures)) if figures else Baseline(*plain)
    query = "SELECT who, reason FROM acceptances WHERE run_id = ? ORDER BY number DESC LIMIT 1"
    by_hand = connection.execute(query, (run_id,)).fetchone()
    return found if by_hand is None else replace(found, accepted_by=by_hand[0], reason=by_hand[1])
