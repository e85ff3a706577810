"""Who is owed a word about which run, in the history database. Sends nothing and judges nothing.

A word is owed in the transaction that records the verdict, so that a process which dies before it sends
leaves the debt behind: the next run of the data set finds it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Update, select, update

from cl_core.telling import News, Telling, When
from cl_flows.database.connect import reading, writing
from cl_flows.database.place import Database
from cl_flows.database.tables import TELLINGS

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
        why = self.problem or "nobody was told"
        return f"run {self.run_id} {self.status} at {self.finished_at[:16]}Z: {why}"


def owe(
    connection: Connection,
    destinations: Iterable[str],
    *,
    run_id: str,
    dataset: str,
    status: str,
    finished_at: str,
) -> None:
    """Put down, within the transaction that records a run, who is to hear of it."""
    rows = [
        {
            "run_id": run_id,
            "destination": destination,
            "dataset": dataset,
            "status": status,
            "finished_at": finished_at,
            "outcome": "owed",
            "problem": "",
        }
        for destination in destinations
    ]
    if rows:
        connection.execute(TELLINGS.insert(), rows)


def news_for(
    database: Database, destination: str, *, run_id: str, dataset: str, when: When
) -> tuple[Telling | None, tuple[str, ...]]:
    """Decide what a destination is told now; None where it is nothing.

    Returns
    -------
    telling, runs
        The word, and the runs that it settles: this one and those before it that are still owed. No
        runs: a later run has told of this one already.
    """
    told = TELLINGS.c
    here = (told.destination == destination, told.dataset == dataset)
    waiting = (
        select(told.run_id, told.status, told.finished_at, told.problem)
        .where(*here, told.outcome == "owed")
        .order_by(told.finished_at, told.run_id)
    )
    last = (
        select(told.status)
        .where(*here, told.outcome != "owed")
        .order_by(told.settled_at.desc(), told.finished_at.desc(), told.run_id.desc())
        .limit(1)
    )
    with reading(database) as connection:
        rows = connection.execute(waiting).all()
        known = connection.execute(last).scalar()
    owed = [Owed(*row) for row in rows]
    place = next((i for i, one in enumerate(owed) if one.run_id == run_id), None)
    if place is None:
        return None, ()
    upto = owed[: place + 1]
    return _decided(upto, known or "", when), tuple(one.run_id for one in upto)


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


def settle(database: Database, destination: str, runs: Iterable[str], *, told: bool) -> None:
    """Put down that a destination heard of `runs`, or that there was nothing to tell it."""
    moment = datetime.now(UTC).isoformat(timespec="microseconds")
    change = _owed(destination).where(TELLINGS.c.run_id.in_(list(runs)))
    outcome = "told" if told else "quiet"
    with writing(database) as connection:
        connection.execute(change.values(outcome=outcome, settled_at=moment, problem=""))


def put_off(database: Database, destination: str, run_id: str, problem: str) -> None:
    """Put down why a run could not be told; it stays owed."""
    change = _owed(destination).where(TELLINGS.c.run_id == run_id)
    with writing(database) as connection:
        connection.execute(change.values(problem=problem[:300]))


def _owed(destination: str) -> Update:
    return update(TELLINGS).where(TELLINGS.c.destination == destination, TELLINGS.c.outcome == "owed")
