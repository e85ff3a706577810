"""Who is owed a word about which run, in the history database. Sends nothing and judges nothing.

A word is owed in the transaction that records the verdict, so that a process which dies before it sends
leaves the debt behind: the next run of the data set finds it.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cl_core.telling import News, Telling, When
from cl_flows.history import opened

TELLINGS_SCHEMA = """
CREATE TABLE IF NOT EXISTS tellings (
    run_id TEXT NOT NULL, destination TEXT NOT NULL, dataset TEXT NOT NULL, status TEXT NOT NULL,
    finished_at TEXT NOT NULL, settled_at TEXT, outcome TEXT NOT NULL, problem TEXT NOT NULL,
    PRIMARY KEY (run_id, destination)
)
"""
# A message stays readable when a destination was out of reach for weeks.
_MOST_MISSED = 5


@dataclass(frozen=True, slots=True)
class Owed:
    """A run that a destination has not been told of yet."""

    run_id: str
    status: str
    finished_at: str
    problem: str

    @property
    def says(self) -> str:
        """Say what was missed and why."""
        why = self.problem or "the process ended before it could tell"
        return f"run {self.run_id} {self.status} at {self.finished_at[:16]}Z: {why}"


def owe(
    connection: sqlite3.Connection,
    destinations: Iterable[str],
    *,
    run_id: str,
    dataset: str,
    status: str,
    finished_at: str,
) -> None:
    """Put down, within the transaction that records a run, who is to hear of it."""
    connection.executemany(
        "INSERT INTO tellings VALUES (?, ?, ?, ?, ?, NULL, 'owed', '')",
        [(run_id, destination, dataset, status, finished_at) for destination in destinations],
    )


def news_for(
    database: Path, destination: str, *, run_id: str, dataset: str, when: When
) -> tuple[Telling | None, tuple[str, ...]]:
    """Decide what a destination is told now; None where it is nothing.

    Returns
    -------
    telling, runs
        The word, and the runs that it settles: this one and those before it that are still owed. No
        runs: a later run has told of this one already.
    """
    with opened(database, TELLINGS_SCHEMA) as connection:
        rows = connection.execute(
            "SELECT run_id, status, finished_at, problem FROM tellings"
            " WHERE destination = ? AND dataset = ? AND outcome = 'owed' ORDER BY finished_at, run_id",
            (destination, dataset),
        ).fetchall()
        known = connection.execute(
            "SELECT status FROM tellings WHERE destination = ? AND dataset = ? AND outcome <> 'owed'"
            " ORDER BY settled_at DESC, finished_at DESC, run_id DESC LIMIT 1",
            (destination, dataset),
        ).fetchone()
    owed = [Owed(*row) for row in rows]
    here = next((i for i, one in enumerate(owed) if one.run_id == run_id), None)
    if here is None:
        return None, ()
    upto = owed[: here + 1]
    return _decided(upto, known[0] if known else "", when), tuple(one.run_id for one in upto)


def _decided(owed: list[Owed], known: str, when: When) -> Telling | None:
    now, before = owed[-1].status, known or "passed"
    if when != "always" and all(one.status == "passed" for one in owed) and before == "passed":
        return None
    if when == "change" and all(one.status == before for one in owed):
        return None
    missed = [one for one in owed[:-1] if one.status != before or one.problem]
    return Telling(_news(now, before, owed), known, tuple(one.says for one in missed[-_MOST_MISSED:]))


def _news(now: str, before: str, owed: list[Owed]) -> News:
    if now == "failed":
        return "failed"
    if now == "undecided":
        return "undecided"
    return "recovered" if before != "passed" or any(one.status != "passed" for one in owed) else "passed"


def settle(database: Path, destination: str, runs: Iterable[str], *, told: bool) -> None:
    """Put down that a destination heard of `runs`, or that there was nothing to tell it."""
    moment = datetime.now(UTC).isoformat(timespec="microseconds")
    with opened(database, TELLINGS_SCHEMA) as connection, connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "UPDATE tellings SET outcome = ?, settled_at = ?, problem = ''"
            " WHERE run_id = ? AND destination = ? AND outcome = 'owed'",
            [("told" if told else "quiet", moment, run, destination) for run in runs],
        )


def put_off(database: Path, destination: str, run_id: str, problem: str) -> None:
    """Put down why a run could not be told; it stays owed."""
    with opened(database, TELLINGS_SCHEMA) as connection:
        connection.execute(
            "UPDATE tellings SET problem = ? WHERE run_id = ? AND destination = ? AND outcome = 'owed'",
            (problem[:300], run_id, destination),
        )
