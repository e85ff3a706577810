"""The Prefect engine of the command line: runs the flow on the user's API or on a private server."""

import os
import time
from contextlib import contextmanager
from pkgutil import resolve_name
from typing import TYPE_CHECKING, cast

from cl_core.errors import GateError
from cl_flows.config import GateConfig
from cl_flows.ending import Terminated
from cl_flows.many.entry import GatesCrashed, GatesFailed, GatesUndecided
from cl_flows.many.jobs import Job
from cl_flows.many.prepared import prepared
from cl_flows.outcome import GateFailed, GateResult, GateUndecided, SuiteFailed
from cl_flows.runs import new_run_id
from cl_flows.server import starting_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cl_flows.many.entry import GateEntry, GatesResult
    from cl_flows.many.prepared import Parent, Told

_RECORD_LIMIT_S = 15.0


def run_on_prefect(
    config: GateConfig, *, advisory: bool = False, parent: "Parent | None" = None
) -> GateResult:
    """Run the gate as a Prefect flow and return its verdict, whatever it is; only errors raise.

    Prefect shows it below `parent`, where it has one.
    """
    name = f"label-gate-{new_run_id()}"
    with on_prefect([name]):
        from cl_flows.gate import label_gate

        try:
            if parent is None:
                return label_gate.with_options(flow_run_name=name)(config, advisory=advisory)
            with prepared([Job(parent.entrypoint, name, config)]):
                return cast("GateResult", _called(parent))
        except SuiteFailed:
            raise
        except (GateFailed, GateUndecided) as verdict:
            return verdict.result


def run_many_on_prefect(jobs: "Sequence[Job]", parent: "Parent", *, told: "Told") -> "GatesResult":
    """Run the gates as subflows of `parent` and return what became of each, whatever it is."""
    names: list[str] = []

    def heard(job: Job, entry: "GateEntry") -> None:
        if entry.result is not None:
            names.append(job.name)
        told(job, entry)

    with on_prefect(names), prepared(jobs, heard):
        try:
            return cast("GatesResult", _called(parent))
        except (GatesCrashed, GatesFailed, GatesUndecided) as worst:
            return worst.gates


def _called(parent: "Parent") -> object:
    """Call a flow of ours by its entrypoint, as a run of its own name."""
    flow = resolve_name(parent.entrypoint)
    return flow.with_options(flow_run_name=f"{flow.name}-{new_run_id()}")(**parent.parameters)


@contextmanager
def on_prefect(names: "Sequence[str]") -> "Iterator[None]":
    """Let Prefect have an API within the block, the user's or a private server.

    A private server stays until it has written the gates' runs, which are called `names`.
    """
    with starting_server() as server:
        if server is not None:
            os.environ.update(server.environment)
            os.environ["PREFECT_API_URL"] = server.api_url
        _quiet()
        # Prefect reads its settings at import, and importing it takes as long as the server's start.
        from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

        import cl_flows.gate  # noqa: F401 - likewise

        if server is None:
            refuse_deaf_api()
        else:
            server.wait()
        # The heartbeat thread would keep the finished flow waiting for its next beat.
        with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}), _terminated():
            yield
        if server is not None:
            for name in names:
                _wait_for_records(name)


@contextmanager
def _terminated() -> "Iterator[None]":
    """Raise of SIGTERM what the command line knows; Prefect hears it itself while a flow runs."""
    from prefect.exceptions import TerminationSignal

    try:
        yield
    except TerminationSignal as ended:
        raise Terminated from ended


def _quiet() -> None:
    """Keep Prefect's own log lines off the terminal unless the user asked for them."""
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "ERROR")
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DO_NOT_TRACK", "1")


def refuse_deaf_api() -> None:
    """Refuse the user's API where nobody answers: Prefect would end in a traceback."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        problem = client.api_healthcheck()
        if problem is not None:
            raise GateError(
                f"no Prefect API answers at {client.api_url}: {problem}",
                hint="check PREFECT_API_URL, unset it for a private server, or run with --engine direct",
            )


def _wait_for_records(flow_run_name: str) -> None:
    """Wait until the server has written every task run: it does so after the flow has ended."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName

    from cl_flows.gate import TASKS

    ours = FlowRunFilter(name=FlowRunFilterName(any_=[flow_run_name]))
    deadline = time.monotonic() + _RECORD_LIMIT_S
    with get_client(sync_client=True) as client:
        while time.monotonic() < deadline:
            runs = client.read_task_runs(flow_run_filter=ours)
            if len(runs) == len(TASKS) and all(run.state and run.state.is_final() for run in runs):
                return
            time.sleep(0.1)
