"""Where runs come from that are not of today: an earlier run judged again, or data of the past."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, select

from cl_core.errors import ConfigError
from cl_flows.baselines import named_run
from cl_flows.config import GateConfig
from cl_flows.database.connect import reading
from cl_flows.database.place import Database, is_there
from cl_flows.database.tables import ORIGINS, RUNS


@dataclass(frozen=True, slots=True)
class Origin:
    """What history keeps of such a run.

    Attributes
    ----------
    rejudges
        Id of the run whose labels were corrected and judged again; None for a run that is no such.
    as_of
        The moment that the data are of, under which history files the run; None for the time of the run.
    measured_at
        When it was measured in truth.
    """

    run_id: str
    rejudges: str | None
    as_of: str | None
    measured_at: str


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict of the run that is judged again."""

    run_id: str
    dataset: str
    status: str
    noise_rate: float
    low: float
    high: float
    fingerprint: str

    @property
    def says(self) -> str:
        """The verdict in a few words."""
        return f"{self.status} at {self.noise_rate:.1%} ({self.low:.1%} to {self.high:.1%})"


def record_origin(connection: Connection, config: GateConfig, run_id: str, measured_at: datetime) -> None:
    """Put down where a run comes from, within the transaction that records it; nothing for a run of today."""
    rejudges = config.corrections.rejudges if config.corrections else None
    if rejudges is None and config.as_of is None:
        return
    connection.execute(
        ORIGINS.insert().values(
            run_id=run_id,
            rejudges=rejudges,
            as_of=None if config.as_of is None else text_of(config.as_of),
            measured_at=text_of(measured_at),
        )
    )


def read_origins(database: Database) -> dict[str, Origin]:
    """Return the origin of every run that has one, by run."""
    if not is_there(database):
        return {}
    with reading(database) as connection:
        rows = connection.execute(select(*ORIGINS.c)).all()
    return {row[0]: Origin(*row) for row in rows}


def dated_runs(database: Database, dataset: str) -> dict[str, int]:
    """Count the runs of a data set at each moment that their data are of."""
    if not is_there(database):
        return {}
    query = (
        select(ORIGINS.c.as_of, func.count())
        .join_from(ORIGINS, RUNS, ORIGINS.c.run_id == RUNS.c.run_id)
        .where(RUNS.c.dataset == dataset, ORIGINS.c.as_of.is_not(None))
        .group_by(ORIGINS.c.as_of)
    )
    with reading(database) as connection:
        return {row[0]: int(row[1]) for row in connection.execute(query).all()}


def filed_under(config: GateConfig, dataset: str, started: datetime) -> datetime:
    """Return the moment under which history files a run that started then.

    That of the data where `as_of` says one. A run that measures the same moment again comes a millisecond
    later: the newest measurement is the last one of its day.
    """
    if config.as_of is None:
        return started
    earlier = dated_runs(config.history, dataset).get(text_of(config.as_of), 0)
    return config.as_of + timedelta(milliseconds=earlier)


def judged_run(database: Database, wanted: str) -> Judged:
    """Return the verdict of the run whose id begins with `wanted`; ``last`` is the newest one."""
    if not is_there(database):
        raise ConfigError(
            f"run {wanted!r} is to be judged again, but there is no history {database}",
            hint="name the results folder with --output",
        )
    with reading(database) as connection:
        columns = (RUNS.c[field.name] for field in fields(Judged))
        query = select(*columns).where(RUNS.c.run_id == named_run(connection, wanted, None))
        return Judged(*connection.execute(query).one())


def text_of(moment: datetime) -> str:
    """Write a moment as history does."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
