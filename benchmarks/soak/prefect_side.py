"""What the soak says to Prefect's server and reads from it. Prefect is imported when it is first needed."""

import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import yaml

from soak.records import FlowRun
from soak.stage import AUTOMATED, Stage

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.deployments.runner import RunnerDeployment

POOL = "soak"
_WITHIN = {"within: 300": "within: 120"}
_SHORT_WITHIN = {"within: 300": "within: 75", "within: 90": "within: 45"}
_PAGE = 200


def prepare(stage: Stage, every_s: float, automations: Path, *, short: bool) -> None:
    """Make the pool, a deployment a data set on its clock, and the automation that finds dead runs."""
    _prefect("work-pool", "create", POOL, "--type", "process")
    _automate(stage, automations, _SHORT_WITHIN if short else _WITHIN)
    _deploy(stage, every_s)
    _wait_for_schedule(len(stage.cases))


def _automate(stage: Stage, automations: Path, within: Mapping[str, str]) -> None:
    """Create the automations as docs/deploy.md says; they wait less long, for want of time."""
    from prefect.blocks.webhook import Webhook

    block = Webhook(url=os.environ[AUTOMATED]).save("labelgate-alerts", overwrite=True)
    texts = [file.read_text(encoding="utf-8") for file in sorted(automations.glob("*.yaml"))]
    whole = "\n---\n".join(texts).replace(": WEBHOOK_BLOCK_ID", f": {block}")
    for ours, shorter in within.items():
        whole = whole.replace(ours, shorter)
    ready = stage.folder / "automations.yaml"
    ready.write_text(yaml.safe_dump({"automations": list(yaml.safe_load_all(whole))}), encoding="utf-8")
    _prefect("automation", "create", "--from-file", str(ready))


def _prefect(*arguments: str) -> None:
    command = [sys.executable, "-m", "prefect", "--no-prompt", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"prefect {' '.join(arguments)}: {done.stdout}{done.stderr}")


def _deploy(stage: Stage, every_s: float) -> None:
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.client.schemas.schedules import IntervalSchedule
    from prefect.types._datetime import now
    from prefect.types.entrypoint import EntrypointType

    from cl_flows.gate import label_gate

    begin = now("UTC")
    for place, case in enumerate(stage.cases):
        anchor = begin + timedelta(seconds=every_s * place / len(stage.cases))
        deployment = cast(
            "RunnerDeployment",
            label_gate.to_deployment(
                case.name,
                parameters={"config": str(stage.gate(case))},
                schedules=[IntervalSchedule(interval=timedelta(seconds=every_s), anchor_date=anchor)],
                # As deployments/prefect.yaml has it.
                concurrency_limit=ConcurrencyLimitConfig(
                    limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW
                ),
                entrypoint_type=EntrypointType.MODULE_PATH,
                work_pool_name=POOL,
            ),
        )
        deployment.apply()


def _wait_for_schedule(n_deployments: int) -> None:
    """Wait until the server has made the first runs of every deployment."""
    with _client() as client:
        for _ in range(120):
            if len({run.deployment_id for run in _pages(client.read_flow_runs)}) == n_deployments:
                return
            time.sleep(0.5)
    raise SystemExit("Prefect's scheduler has made no runs for a minute")


def pause(but: Collection[str] = ()) -> None:
    """Let nothing more become due, some data sets apart; runs that wait are dropped, as an operator would."""
    with _client() as client:
        for deployment in client.read_deployments(limit=_PAGE):
            if deployment.name not in but:
                client.request(
                    "POST", "/deployments/{id}/pause_deployment", path_params={"id": deployment.id}
                )


def run_now(names: Collection[str]) -> None:
    """Start the gates of some data sets, whenever they are due by the clock."""
    with _client() as client:
        for deployment in client.read_deployments(limit=_PAGE):
            if deployment.name in names:
                client.create_flow_run_from_deployment(deployment.id)


def read_runs() -> list[FlowRun]:
    """Read every flow run that was due by now, oldest first, with its tasks."""
    with _client() as client:
        names = {deployment.id: deployment.name for deployment in client.read_deployments(limit=_PAGE)}
        tasks = _tasks(client)
        runs = [_flow_run(run, names, tasks) for run in _pages(client.read_flow_runs)]
    return sorted((run for run in runs if run is not None), key=lambda run: run.due)


def _client() -> "SyncPrefectClient":
    from prefect.client.orchestration import get_client

    return get_client(sync_client=True)


def _pages(read: Any) -> list[Any]:
    found: list[Any] = []
    while page := read(limit=_PAGE, offset=len(found)):
        found += page
    return found


def _tasks(client: "SyncPrefectClient") -> Mapping[UUID | None, list[tuple[str, float]]]:
    found = defaultdict(list)
    for task in _pages(client.read_task_runs):
        state = task.state.name if task.state else "none"
        found[task.flow_run_id].append((state, task.total_run_time.total_seconds()))
    return found


def _flow_run(
    run: Any, names: Mapping[UUID, str], tasks: Mapping[UUID | None, list[tuple[str, float]]]
) -> FlowRun | None:
    from prefect.types._datetime import now

    if run.state is None or run.deployment_id not in names:
        return None
    if run.state.is_scheduled() and run.expected_start_time > now("UTC"):
        return None
    states = tasks.get(run.id, [])
    return FlowRun(
        name=run.name,
        dataset=names[run.deployment_id],
        state=run.state.name,
        is_final=run.state.is_final(),
        message=run.state.message or "",
        due=run.expected_start_time,
        start=run.start_time,
        end=run.end_time,
        tasks=tuple(state for state, _ in states),
        seconds=run.total_run_time.total_seconds(),
        task_seconds=sum(seconds for _, seconds in states),
    )
