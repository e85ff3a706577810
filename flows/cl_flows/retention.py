"""Removes the folders of runs that are too many or too old. Their rows stay in history unless asked."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, func, select

from cl_core.errors import ConfigError, LabelgateError
from cl_flows.baselines import baseline_id
from cl_flows.claims import all_claims
from cl_flows.config import GateConfig
from cl_flows.database.connect import reading, writing
from cl_flows.database.place import Database, is_there
from cl_flows.database.tables import (
    ACCEPTANCES,
    AUDITS,
    DECISIONS,
    FIGURES,
    ORIGINS,
    PRUNINGS,
    RUNS,
    TELLINGS,
)
from cl_flows.kept.sweep import sweep_rows
from cl_flows.runs import SetAside, set_aside

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Retention:
    """Which runs go.

    Attributes
    ----------
    keep_runs
        Newest runs of each data set that stay; None for all.
    keep_days
        Days after which a run goes; None for never. A run goes when either says so.
    baseline
        Beginning of the id of a run that later ones are measured by, as gate.yaml names it.
    rows, audited
        Whether rows of history go, too, and whether runs go that people audited or decided on.
    """

    keep_runs: int | None
    keep_days: float | None
    baseline: str | None = None
    rows: bool = False
    audited: bool = False


@dataclass(frozen=True, slots=True)
class Pruned:
    """A run that went, and how many bytes its folder had."""

    run_id: str
    dataset: str
    n_bytes: int


def prune(
    folder: Path,
    database: Database,
    how: Retention,
    *,
    dataset: str | None = None,
    dry_run: bool = False,
    now: datetime | None = None,
) -> list[Pruned]:
    """Remove the runs in `folder` that `how` says, of one data set or of all; return them.

    Never the newest run of a data set, the one that later ones are measured by, or one that waits for people.
    All folders are set aside while history is locked, so that no gate and no other pruning meets half of one;
    a process that is killed in the middle leaves hidden folders, which the next run removes.
    """
    if not is_there(database):
        return []
    moment = now or datetime.now(UTC)
    if dry_run:
        with reading(database) as connection:
            chosen = list(_chosen(connection, folder, how, dataset, moment))
        return [Pruned(run_id, name, _size(folder / run_id)) for run_id, name in chosen]
    with _removed_at_last() as aside:
        with writing(database) as connection:
            found = []
            for run_id, name in _chosen(connection, folder, how, dataset, moment):
                found.append(Pruned(run_id, name, _size(folder / run_id)))
                taken = set_aside(folder, run_id) if _is_run(folder, run_id) else None
                if taken is not None:
                    aside.append(taken)
            _recorded(connection, found, how, moment)
        return found


def apply_limits(config: GateConfig, dataset: str) -> None:
    """Remove what is beyond `output.keep_runs` and `output.keep_days`, and rows that no run names then.

    No fault of it touches a verdict.
    """
    limits = config.output
    if limits.keep_runs is None and limits.keep_days is None:
        return
    how = Retention(limits.keep_runs, limits.keep_days, baseline=config.gate.baseline)
    try:
        gone = prune(limits.folder, config.history, how, dataset=dataset)
        rows = sweep_rows(limits.folder)
    except (LabelgateError, OSError) as error:
        logger.warning("old runs were not pruned: %s; the verdict stands", error)
    else:
        if gone:
            logger.info("pruned %d runs of %s, and rows of %d", len(gone), dataset, len(rows))


def refuse_gone(database: Database, wanted: str) -> None:
    """Say so where history knows the run whose id begins with `wanted`: its folder was pruned, or is lost."""
    if not is_there(database) or not wanted:
        return
    query = select(PRUNINGS).where(func.substr(PRUNINGS.c.run_id, 1, len(wanted)) == wanted).limit(2)
    with reading(database) as connection:
        known = connection.execute(query).all()
    if len(known) == 1:
        run_id, moment, n_bytes = known[0]
        raise ConfigError(
            f"run {run_id} was pruned on {moment[:10]}: its folder of {n_bytes / 1e6:,.1f} MB is gone",
            hint="`labelgate history` still has its verdict; output.keep_runs and keep_days say what stays",
        )
    query = select(RUNS.c.run_id).where(func.substr(RUNS.c.run_id, 1, len(wanted)) == wanted).limit(2)
    with reading(database) as connection:
        lost = list(connection.execute(query).scalars())
    if len(lost) == 1:
        raise ConfigError(
            f"run {lost[0]} is in history, but its folder is not here",
            hint="restore the folder, look on the machine that made it, or gate the data again",
        )


def _chosen(
    connection: Connection, folder: Path, how: Retention, dataset: str | None, now: datetime
) -> Iterator[tuple[str, str]]:
    """Yield id and data set of the runs that go."""
    needed = {claim.run_id for claim in all_claims(folder) if claim.is_waiting}
    if not how.audited:
        for table in (AUDITS, DECISIONS):
            needed.update(connection.execute(select(table.c.run_id).distinct()).scalars())
    names = select(RUNS.c.dataset).distinct().order_by(RUNS.c.dataset)
    if dataset is not None:
        names = names.where(RUNS.c.dataset == dataset)
    oldest = "" if how.keep_days is None else _text(now - timedelta(days=how.keep_days))
    for name in list(connection.execute(names).scalars()):
        runs = connection.execute(
            select(RUNS.c.run_id, RUNS.c.finished_at)
            .where(RUNS.c.dataset == name)
            .order_by(RUNS.c.started_at.desc(), RUNS.c.run_id.desc())
        ).all()
        kept = needed | {runs[0][0], baseline_id(connection, name)}
        for place, (run_id, finished_at) in enumerate(runs):
            beyond = how.keep_runs is not None and place >= how.keep_runs
            named = how.baseline is not None and run_id.startswith(how.baseline)
            if run_id in kept or named or not (beyond or finished_at < oldest):
                continue
            if how.rows or _is_run(folder, run_id):
                yield run_id, name


def _recorded(connection: Connection, found: Sequence[Pruned], how: Retention, now: datetime) -> None:
    for one in found:
        connection.execute(PRUNINGS.delete().where(PRUNINGS.c.run_id == one.run_id))
        if how.rows:  # answers of people stay: they speak for the same rows in any later run
            for table in (RUNS, FIGURES, ACCEPTANCES, ORIGINS):
                connection.execute(table.delete().where(table.c.run_id == one.run_id))
            names = (one.run_id, f"{one.run_id} (undecided)")  # the second one where people decided it
            settled = (TELLINGS.c.run_id.in_(names), TELLINGS.c.outcome != "owed")
            connection.execute(TELLINGS.delete().where(*settled))
        else:
            row = {"run_id": one.run_id, "pruned_at": _text(now), "freed_bytes": one.n_bytes}
            connection.execute(PRUNINGS.insert().values(**row))


@contextmanager
def _removed_at_last() -> Iterator[list[SetAside]]:
    """Remove what the block set aside, or put it back where the block fails."""
    aside: list[SetAside] = []
    try:
        yield aside
    except BaseException:
        for one in aside:
            one.put_back()
        raise
    for one in aside:
        one.remove()


def _is_run(folder: Path, run_id: str) -> bool:
    return Path(run_id).name == run_id and not run_id.startswith(".") and (folder / run_id).is_dir()


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
