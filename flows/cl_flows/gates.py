"""Many data sets side by side as a Prefect flow: a subflow a gate, one verdict for all. No rules here."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, cast

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName
from prefect.client.schemas.objects import State
from prefect.settings import get_current_settings
from prefect.states import Completed, Crashed, Failed
from pydantic import Field

from cl_flows.config import GateConfig
from cl_flows.many.entry import GateEntry, GatesCrashed, GatesResult, error_for_all
from cl_flows.many.jobs import Job, jobs_of
from cl_flows.many.prepared import Told, gates_or
from cl_flows.many.processes import Surroundings, run_side_by_side
from cl_flows.many.subflow import parent_context
from cl_flows.states import ADVISORY_STATE_NAMES, stopped_by

_MOST_ROWS = 100


@flow(name="label-gates", retries=0, validate_parameters=True)
def label_gates(
    configs: list[GateConfig | Path],
    *,
    at_once: Annotated[int, Field(ge=1)] = 2,
    advisory: bool = False,
) -> GatesResult:
    """Gate many data sets side by side; one bad one does not stop the others.

    Parameters
    ----------
    configs
        A `GateConfig` or the path of a gate.yaml each.
    at_once
        How many run at the same time, each in a process of its own.
    advisory
        Only tell: failed and undecided gates stop nothing. A crash does: it has no verdict to tell.

    Returns
    -------
    GatesResult
        An entry a gate, in the order of `configs`; all of them passed, unless `advisory`.

    Raises
    ------
    GatesCrashed, GatesFailed, GatesUndecided
        For the worst of the gates, in this order; `gates` has all of them. The flow run ends as ``Failed``,
        ``NoiseGateFailed`` or ``NoiseGateUndecided``; each subflow ends in its own state.
    """
    jobs, told = gates_or(lambda: jobs_of(configs))
    found = run_subflows(jobs, at_once=at_once, advisory=advisory, told=told)
    return cast("GatesResult", ended(found, advisory=advisory))


def run_subflows(jobs: Sequence[Job], *, at_once: int, advisory: bool, told: Told) -> GatesResult:
    """Run every job as a subflow of the flow that calls this, and leave a table of them with Prefect."""

    def heard(job: Job, entry: GateEntry) -> None:
        _settle(job, entry)
        told(job, entry)

    where = Surroundings(
        context=parent_context(),
        environment=get_current_settings().to_environment_variables(exclude_unset=True),
        advisory=advisory,
    )
    found = run_side_by_side(jobs, at_once=at_once, told=heard, where=where)
    rows = [
        {"gate": one.source, "verdict": one.status, "says": one.says, "run": one.result and one.result.run_id}
        for one in found.gates[:_MOST_ROWS]
    ]
    create_table_artifact(rows, key="labelgate-gates", description=found.says)
    return found


def ended(found: GatesResult, *, advisory: bool) -> GatesResult | State[Any]:
    """Return what the flow returns: the entries, or the state that its worst gate gives it."""
    error = error_for_all(found)
    if error is None:
        return found
    if isinstance(error, GatesCrashed):
        return Failed(message=found.says, data=error)
    if advisory:
        said = f"{found.says}. Advisory: nothing was stopped."
        return Completed(name=ADVISORY_STATE_NAMES[found.status], message=said, data=found)
    return stopped_by(error)


def _settle(job: Job, entry: GateEntry) -> None:
    """Say that a subflow crashed whose process is gone: to Prefect it would run for ever."""
    if entry.status != "crashed":
        return
    ours = FlowRunFilter(name=FlowRunFilterName(any_=[job.name]))
    end: State[None] = Crashed(message=entry.says)
    with get_client(sync_client=True) as client:
        for run in client.read_flow_runs(flow_run_filter=ours):
            if run.state is None or not run.state.is_final():
                client.set_flow_run_state(run.id, end, force=True)
