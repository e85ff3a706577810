"""deployments/prefect.yaml as its own comment says: a pool, a deploy, a worker, runs with a verdict."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from cl_flows.config import load_config
from cl_flows.direct import run_direct
from trees import tree_gate

FILE = Path(__file__).parents[2] / "deployments" / "prefect.yaml"

pytestmark = [
    pytest.mark.prefect,
    pytest.mark.skipif(not FILE.exists(), reason="deployments/ is not part of the wheel"),
]


class Prefect:
    """Prefect's command line, as people type it in another folder than the deployment's."""

    def __init__(self, folder: Path, api: str) -> None:
        self.folder = folder / "elsewhere"
        self.folder.mkdir()
        self.environment = {
            **os.environ,
            "PREFECT_API_URL": api,
            "PREFECT_HOME": str(folder / "home"),
            "PREFECT_LOGGING_TO_API_ENABLED": "false",
            "PREFECT_LOGGING_LEVEL": "INFO",
            "LABELGATE_CONFIG": str(folder / "gate.yaml"),
        }

    def __call__(self, *arguments: str) -> str:
        """Run a command that must succeed."""
        done = subprocess.run(
            [sys.executable, "-m", "prefect", "--no-prompt", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def prefect(tables: Path, tmp_path: Path, prefect_api: str) -> Iterator[Prefect]:
    """Prefect's command line beside a gate that fails."""
    (tmp_path / "gate.yaml").write_text(yaml.safe_dump(tree_gate(tables / "noisy.csv", "results")))
    yield Prefect(tmp_path, prefect_api)
    _forget_automations()


def test_a_worker_runs_what_is_asked_for_and_what_new_data_start(prefect: Prefect, tmp_path: Path) -> None:
    """The worker starts elsewhere, the failed gates' states have their own name, the clocks are set."""
    prefect("work-pool", "create", "labels", "--type", "process", "--overwrite")
    prefect("deploy", "--all", "--prefect-file", str(FILE))
    assert _schedules() == {
        "nightly": ("0 3 * * *", True),
        "hourly": ("1:00:00", False),
        "on-arrival": None,
        "side-by-side": ("0 4 * * *", False),
        "partitions": None,
        "corrected": None,
    }
    first = run_direct(load_config(tmp_path / "gate.yaml"))
    row = pd.read_parquet(Path(first.folder) / "scored.parquet").iloc[0]
    (tmp_path / "one.csv").write_text(
        f"id,old,new,action,who,when,why\n{row['id']},{row['given_label']},,exclude,kim,,\n"
    )
    where = [f"output={tmp_path / 'results'}", f"patch={tmp_path / 'one.csv'}"]
    prefect("deployment", "run", "regate/corrected", *(word for one in where for word in ("--param", one)))
    prefect("deployment", "run", "label-gate/nightly")
    prefect("event", "emit", "labelgate.data.arrived", "--resource-id", "labelgate.data.customers")
    _wait_for_run_of("on-arrival")
    log = prefect("worker", "start", "--pool", "labels", "--run-once")
    assert "in state NoiseGateFailed('An estimated" in log
    assert "Traceback" not in log  # a verdict is no crash
    for name in ("nightly", "on-arrival", "corrected"):
        (run,) = [run for run in _runs_of(name) if run.state.is_final()]
        assert run.state.name == "NoiseGateFailed", run.state
    assert len(list((tmp_path / "results").glob("*/report.html"))) == 4


def _schedules() -> dict[str, tuple[str, bool] | None]:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        found = {d.name: d.schedules for d in client.read_deployments() if d.entrypoint}
    return {
        name: _told(schedules[0]) if schedules else None
        for name, schedules in found.items()
        if name in {"nightly", "hourly", "on-arrival", "side-by-side", "partitions", "corrected"}
    }


def _told(schedule: Any) -> tuple[str, bool]:
    clock = schedule.schedule
    return str(getattr(clock, "cron", None) or clock.interval), bool(schedule.active)


def _runs_of(deployment: str) -> list[Any]:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName

    with get_client(sync_client=True) as client:
        ours = DeploymentFilter(name=DeploymentFilterName(any_=[deployment]))
        return list(client.read_flow_runs(deployment_filter=ours))


def _wait_for_run_of(deployment: str) -> None:
    for _ in range(300):
        if _runs_of(deployment):
            return
        time.sleep(0.1)
    pytest.fail(f"the event started no run of {deployment}")


def _forget_automations() -> None:
    """Leave the server, which serves other tests, too, without our trigger."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        for found in client.request("POST", "/automations/filter", json={}).json():
            client.request("DELETE", "/automations/{id}", path_params={"id": found["id"]})
