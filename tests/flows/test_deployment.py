"""deployments/prefect.yaml as its own comment says: a pool, a deploy, a worker, a run with a verdict."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

FILE = Path(__file__).parents[2] / "deployments" / "prefect.yaml"

pytestmark = [
    pytest.mark.prefect,
    pytest.mark.skipif(not FILE.exists(), reason="deployments/ is not part of the wheel"),
]


def test_a_worker_runs_the_deployed_gate_to_its_verdict(
    tables: Path, tmp_path: Path, prefect_api: str
) -> None:
    """The worker starts elsewhere, and the failed gate's state has its own name."""
    raw = {
        "data": {"path": str(tables / "noisy.csv"), "label": "label", "id": "tree"},
        "model": {"backend": "tabular", "estimator": "logistic"},
        "gate": {"max_noise_rate": 0.05, "great_expectations": False},
        "output": {"folder": "results"},
    }
    (tmp_path / "gate.yaml").write_text(yaml.safe_dump(raw))
    (tmp_path / "elsewhere").mkdir()
    environment = {
        **os.environ,
        "PREFECT_API_URL": prefect_api,
        "PREFECT_HOME": str(tmp_path / "home"),
        "PREFECT_LOGGING_TO_API_ENABLED": "false",
        "LABELGATE_CONFIG": str(tmp_path / "gate.yaml"),
    }

    def prefect(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "prefect", "--no-prompt", *arguments],
            cwd=tmp_path / "elsewhere",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    prefect("work-pool", "create", "labels", "--type", "process")
    prefect("deploy", "--all", "--prefect-file", str(FILE))
    prefect("deployment", "run", "label-gate/nightly")
    prefect("worker", "start", "--pool", "labels", "--run-once")
    run = newest_run()
    assert run.state.name == "NoiseGateFailed", run.state
    assert len(list((tmp_path / "results").glob("*/report.html"))) == 1


def newest_run() -> Any:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName

    with get_client(sync_client=True) as client:
        ours = DeploymentFilter(name=DeploymentFilterName(any_=["nightly"]))
        runs = client.read_flow_runs(deployment_filter=ours)
    return next(run for run in runs if run.state is not None and run.state.is_final())
