"""History from dated partitions as a Prefect flow: a subflow a partition, filed under its day."""

from datetime import date
from pathlib import Path
from typing import Annotated, cast

from prefect import flow
from prefect.states import Failed
from pydantic import Field

from cl_flows.config import GateConfig, load_config
from cl_flows.gates import run_subflows
from cl_flows.many.entry import GatesResult, error_for_all
from cl_flows.many.jobs import Job
from cl_flows.many.prepared import gates_or
from cl_flows.partitions import backfill_jobs, find_partitions, pattern_of


@flow(name="backfill", retries=0, validate_parameters=True)
def backfill(
    config: GateConfig | Path,
    *,
    partitions: str | None = None,
    first: date | None = None,
    last: date | None = None,
    again: bool = False,
    at_once: Annotated[int, Field(ge=1)] = 1,
) -> GatesResult:
    """Gate dated partitions of a data set, each filed in history under its own day. Nobody is alerted.

    Parameters
    ----------
    config
        A `GateConfig`, or the path of a gate.yaml; it must name the data set (``data.name``).
    partitions
        A glob, or a path with ``{date}`` in it; ``data.path`` when None.
    first, last
        First and last day; both are needed for a path with ``{date}``.
    again
        Also partitions that history has already.
    at_once
        How many run at the same time; one after the other, each is measured by those before it.

    Returns
    -------
    GatesResult
        An entry a partition that was gated now. Failed and undecided ones are findings: they stop nothing.

    Raises
    ------
    GatesCrashed
        When a partition has no verdict, after all others had theirs; the flow run ends as
        ``BackfillIncomplete``. Started again, it goes on with what is missing.
    """

    def make() -> list[Job]:
        ready = config if isinstance(config, GateConfig) else load_config(config)
        found = find_partitions(pattern_of(ready, partitions), base=ready.base, first=first, last=last)
        return backfill_jobs(ready, found, again=again)

    jobs, told = gates_or(make)
    result = run_subflows(jobs, at_once=at_once, advisory=True, told=told)
    if result.status != "crashed":
        return result
    return cast(
        "GatesResult",
        Failed(name="BackfillIncomplete", message=result.says, data=error_for_all(result)),
    )
