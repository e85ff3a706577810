"""Accepted runs, by which later ones are measured: kept beside the runs in history. No comparing."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NoReturn

from sqlalchemy import Connection, case, func, select

from cl_core.baseline import Baseline
from cl_core.errors import ConfigError
from cl_flows.database.connect import reading, writing
from cl_flows.database.place import Database, is_there
from cl_flows.database.tables import ACCEPTANCES, FIGURES, RUNS

_PLAIN = ("run_id", "finished_at", "n_rows", "noise_rate", "low", "high", "method", "model")
_NEWEST = (RUNS.c.started_at.desc(), RUNS.c.run_id.desc())


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A person's word that later runs may be measured by this one."""

    run_id: str
    who: str
    reason: str
    accepted_at: str


def write_figures(connection: Connection, figures: Baseline, *, accepted: bool) -> None:
    """Keep the figures of a run, within the transaction that records the run."""
    written = json.dumps(figures.to_dict(), ensure_ascii=False, allow_nan=False)
    connection.execute(
        FIGURES.insert().values(run_id=figures.run_id, accepted=int(accepted), figures=written)
    )


def find_baseline(
    database: Database, dataset: str, *, wanted: str | None = None, before: datetime | None = None
) -> Baseline | None:
    """Return what a run of `dataset` is measured by.

    The run whose id begins with `wanted`, if it is given; else the newest of the runs that passed and
    those that a person accepted, by the time of passing or of accepting. None without any. With `before`
    only what had happened by then counts: a run over data of the past is not measured by later ones.
    """
    if not is_there(database):
        if wanted is not None:
            _refuse(wanted, dataset, 0)
        return None
    with reading(database) as connection:
        if wanted is not None:
            return _baseline(connection, named_run(connection, wanted, dataset))
        run_id = baseline_id(connection, dataset, before=before)
        return None if run_id is None else _baseline(connection, run_id)


def baseline_id(connection: Connection, dataset: str, *, before: datetime | None = None) -> str | None:
    """Return the id of the run that later ones of `dataset` are measured by; None without any."""
    end = "9999" if before is None else before.astimezone(UTC).isoformat(timespec="milliseconds")
    by_itself = func.coalesce(FIGURES.c.accepted, case((RUNS.c.status == "passed", 1), else_=0))
    passed = connection.execute(
        select(RUNS.c.run_id, RUNS.c.finished_at)
        .outerjoin_from(RUNS, FIGURES, FIGURES.c.run_id == RUNS.c.run_id)
        .where(RUNS.c.dataset == dataset, by_itself == 1, RUNS.c.finished_at < end)
        .order_by(RUNS.c.finished_at.desc(), RUNS.c.run_id.desc())
        .limit(1)
    ).first()
    by_hand = connection.execute(
        select(ACCEPTANCES.c.run_id, ACCEPTANCES.c.accepted_at)
        .join_from(ACCEPTANCES, RUNS, ACCEPTANCES.c.run_id == RUNS.c.run_id)
        .where(RUNS.c.dataset == dataset, ACCEPTANCES.c.accepted_at < end)
        .order_by(ACCEPTANCES.c.number.desc())
        .limit(1)
    ).first()
    if by_hand is not None and (passed is None or _moment(by_hand[1]) >= _moment(passed[1])):
        return str(by_hand[0])
    return None if passed is None else str(passed[0])


def refuse_unknown_run(database: Database, wanted: str | None) -> None:
    """Refuse a baseline that no run can be, before hours of work; whose run it is shows later."""
    if wanted is None:
        return
    if not is_there(database):
        _refuse(wanted, None, 0)
    query = select(RUNS.c.run_id).limit(1)
    if wanted != "last":
        query = query.where(func.substr(RUNS.c.run_id, 1, len(wanted)) == wanted)
    with reading(database) as connection:
        known = connection.execute(query).first()
    if known is None or not wanted:
        _refuse(wanted, None, 0)


def accept_run(
    database: Database, wanted: str, *, who: str, reason: str, now: datetime | None = None
) -> tuple[Baseline, str]:
    """Accept a run by hand; return its figures and the name of its data set."""
    if not who.strip() or not reason.strip():
        raise ConfigError("an acceptance wants a person and a reason", hint="give --who and --reason")
    if not is_there(database):
        raise ConfigError(f"there is no history {database}", hint="`labelgate run` makes one")
    moment = (now or datetime.now(UTC)).isoformat(timespec="milliseconds")
    with writing(database) as connection:
        run_id = named_run(connection, wanted, None)
        row = {"run_id": run_id, "who": who.strip(), "reason": reason.strip(), "accepted_at": moment}
        connection.execute(ACCEPTANCES.insert().values(**row))
        dataset = connection.execute(select(RUNS.c.dataset).where(RUNS.c.run_id == run_id)).scalar_one()
        return _baseline(connection, run_id), dataset


def read_acceptances(database: Database) -> dict[str, Acceptance]:
    """Return the latest acceptance of each run, by run."""
    if not is_there(database):
        return {}
    columns = (ACCEPTANCES.c[name] for name in ("run_id", "who", "reason", "accepted_at"))
    with reading(database) as connection:
        rows = connection.execute(select(*columns).order_by(ACCEPTANCES.c.number)).all()
    return {row[0]: Acceptance(*row) for row in rows}


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def named_run(connection: Connection, wanted: str, dataset: str | None) -> str:
    """Return the id of the one run that begins with `wanted`; ``last`` is the newest."""
    query = select(RUNS.c.run_id).order_by(*_NEWEST)
    if dataset is not None:
        query = query.where(RUNS.c.dataset == dataset)
    if wanted == "last":
        newest = connection.execute(query.limit(1)).scalar()
        return str(newest) if newest is not None else _refuse(wanted, dataset, 0)
    known = connection.execute(query.where(func.substr(RUNS.c.run_id, 1, len(wanted)) == wanted)).all()
    if len(known) != 1 or not wanted:
        _refuse(wanted, dataset, len(known))
    return str(known[0][0])


def _refuse(wanted: str, dataset: str | None, found: int) -> NoReturn:
    of = f" of data set {dataset!r}" if dataset is not None else ""
    raise ConfigError(
        f"{'no run' if not found else f'{found} runs'}{of} called {wanted!r} in history",
        hint="`labelgate history` lists the runs; a run can only be compared with one of the same name",
    )


def _baseline(connection: Connection, run_id: str) -> Baseline:
    """Read a run's figures; of a run recorded before they were kept, what history has."""
    row = connection.execute(
        select(*(RUNS.c[name] for name in _PLAIN), FIGURES.c.figures)
        .outerjoin_from(RUNS, FIGURES, FIGURES.c.run_id == RUNS.c.run_id)
        .where(RUNS.c.run_id == run_id)
    ).one()
    *plain, figures = row
    found = Baseline.from_dict(json.loads(figures)) if figures else Baseline(*plain)
    by_hand = connection.execute(
        select(ACCEPTANCES.c.who, ACCEPTANCES.c.reason)
        .where(ACCEPTANCES.c.run_id == run_id)
        .order_by(ACCEPTANCES.c.number.desc())
        .limit(1)
    ).first()
    return found if by_hand is None else replace(found, accepted_by=by_hand[0], reason=by_hand[1])
