"""One flow run of a deployment, killed by kill -9 in every step and started again: what it does twice."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from cl_flows.history import read_history
from deployed_gates import deployed_run

pytestmark = [pytest.mark.prefect]

# Each step puts down that it begins, and stops for ever while a file says so.
PLUGIN = """
import os, time
from dataclasses import replace
from pathlib import Path
from cl_core import (Check, DatasetLoader, ModelBackend, NoiseEstimator, Passed, Predictions, Publisher,
                     cross_validated_probs, hookimpl)
from cl_core.plugins import load_plugins
from pydantic import BaseModel, ConfigDict
from sklearn.linear_model import LogisticRegression

HERE = Path(os.environ["STEPS"])

def step(name):
    with (HERE / "did").open("a") as file:
        file.write(name + "\\n")
    if (HERE / f"stop-{name}").exists():
        if name != "fit" or (HERE / "did").read_text().count("fit") == 4:
            (HERE / "stopped").write_text(str(os.getpid()))
            time.sleep(600)

class Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")

class Slow(LogisticRegression):
    def fit(self, X, y, sample_weight=None):
        step("fit")
        return super().fit(X, y)

def load(options):
    step("load")
    table = load_plugins().find(DatasetLoader, "table")
    return table.load(table.options(path=options.path, label="label", id="tree"))

def predict(dataset, options, progress):
    rows = dataset.features[["height", "girth"]].to_numpy()
    found = cross_validated_probs(Slow(), rows, dataset.labels, n_classes=dataset.n_classes)
    return Predictions(found.pred_probs, out_of_sample=True, model="slow", notes=found.notes)

def estimate(labels, predictions, options):
    step("estimate")
    auto = load_plugins().find(NoiseEstimator, "auto")
    return auto.estimate(labels, predictions, auto.options())

def check(evidence, options):
    step("check")
    return Passed("XX001", "slow", "fine", 0.0, 1.0)

def publish(finished, options):
    step("publish")

def unfinished(run, options):
    with (HERE / "begun").open("a") as file:
        file.write(f"{run.run_id} {run.started_at} {run.problem}\\n")

@hookimpl
def labelgate_dataset_loaders():
    yield DatasetLoader("slow", "slow", Options, load)

@hookimpl
def labelgate_model_backends():
    yield ModelBackend("slow", "slow", Options, predict)

@hookimpl
def labelgate_noise_estimators():
    yield NoiseEstimator("slow", "slow", Options, estimate)

@hookimpl
def labelgate_checks():
    yield Check("XX001", "slow", "slow", Options, check)

@hookimpl
def labelgate_publishers():
    yield Publisher("slow", "slow", Options, publish, unfinished=unfinished)
"""

GATE = {
    "model": {"backend": "slow"},
    "estimate": {"method": "slow"},
    "checks": {"slow": {}},
    "publish": [{"publisher": "slow"}],
    "gate": {"max_noise_rate": 0.05, "great_expectations": False},
    "output": {"folder": "runs"},
}


class Deployed:
    """A flow run of a deployed gate, executed as a process worker executes it, or by one of `pool`."""

    def __init__(self, folder: Path, source: Path, api: str, pool: str | None = None) -> None:
        site = folder / "site"
        info = site / "slow_dist-0.1.dist-info"
        info.mkdir(parents=True)
        (site / "slow_module.py").write_text(PLUGIN)
        (info / "METADATA").write_text("Metadata-Version: 2.4\nName: slow-dist\nVersion: 0.1\n")
        (info / "entry_points.txt").write_text("[labelgate]\nslow = slow_module\n")
        config = {"data": {"loader": "slow", "path": str(source)}, **GATE}
        (folder / "gate.yaml").write_text(yaml.safe_dump(config))
        self.run_id = deployed_run(f"killed-{folder.name}", folder / "gate.yaml", pool)
        self.folder = folder
        self.environment = {
            **os.environ,
            "PREFECT_API_URL": api,
            "PREFECT_LOGGING_TO_API_ENABLED": "false",
            "PREFECT_LOGGING_LEVEL": "ERROR",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "STEPS": str(folder),
            "PYTHONPATH": os.pathsep.join([str(site), *filter(None, sys.path)]),
        }

    def start(self, *command: str) -> "subprocess.Popen[str]":
        """Start the flow run as a worker's process does, or a command of Prefect."""
        return subprocess.Popen(
            [sys.executable, "-m", *(command or ("prefect.engine", str(self.run_id)))],
            env=self.environment,
            cwd=self.folder,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def killed_in(self, step: str) -> None:
        """Start the flow run, kill it in `step`, and have the server schedule it again."""
        from prefect.client.orchestration import get_client
        from prefect.states import AwaitingRetry

        stop = self.folder / f"stop-{step}"
        stop.touch()
        process = self.start()
        self.stopped(process)
        process.kill()
        process.communicate(timeout=60)
        stop.unlink()
        (self.folder / "stopped").unlink()
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(self.run_id, AwaitingRetry(), force=True)

    def stopped(self, process: "subprocess.Popen[str]") -> int:
        """Wait until the gate stops in a step, and return the id of its process."""
        stopped, deadline = self.folder / "stopped", time.monotonic() + 120
        while not (stopped.exists() and stopped.read_text()):
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                pytest.fail(f"never stopped: {process.communicate()[0]}")
            time.sleep(0.05)
        return int(stopped.read_text())

    def state(self) -> Any:
        """Return its state on the server."""
        from prefect.client.orchestration import get_client

        with get_client(sync_client=True) as client:
            return client.read_flow_run(self.run_id).state

    def did(self) -> dict[str, int]:
        """Count what was begun."""
        words = (self.folder / "did").read_text().split()
        return {word: words.count(word) for word in sorted(set(words))}


def test_a_flow_run_killed_in_every_step_goes_on_from_the_last_finished_one(
    tables: Path, tmp_path: Path, prefect_api: str
) -> None:
    """Each step is done once more, where it was killed; of the five folds that are fitted only one."""
    deployed = Deployed(tmp_path, tables / "clean.csv", prefect_api)
    for step in ("load", "fit", "estimate", "check", "publish"):
        deployed.killed_in(step)
    last = deployed.start()
    said = last.communicate(timeout=120)[0]
    assert deployed.state().name == "Completed", said
    # Of each step one was killed. The verdict stood when the publisher was: nothing is published twice.
    assert deployed.did() == {"check": 2, "estimate": 2, "fit": 6, "load": 2, "publish": 1}
    runs = tmp_path / "runs"
    (row,) = read_history(runs / "history.db")
    # Whoever follows it sees one run, which began again each time until its verdict stood.
    began = (tmp_path / "begun").read_text().splitlines()
    assert (len(began), set(began)) == (4, {f"{row.run_id} {row.started_at} "})
    assert [p.name for p in runs.glob("2*")] == [row.run_id]
    assert [p.name for p in runs.iterdir() if p.name.startswith(".") and p.name != ".telling"] == []


@pytest.mark.servers
def test_a_run_that_is_cancelled_on_a_worker_leaves_nothing_half_written(
    tables: Path, tmp_path: Path, prefect_api: str
) -> None:
    """Cancelled in the middle of a fit: its process ends, no hidden folder, lock or claim, and no row."""
    from prefect.client.orchestration import get_client
    from prefect.states import Cancelling

    deployed = Deployed(tmp_path, tables / "clean.csv", prefect_api, pool="cancelled")
    (tmp_path / "stop-fit").touch()
    worker = deployed.start("prefect", "worker", "start", "--pool", "cancelled", "--type", "process")
    try:
        pid = deployed.stopped(worker)
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(deployed.run_id, Cancelling())
        deadline = time.monotonic() + 90
        while deployed.state().name != "Cancelled" or Path(f"/proc/{pid}").exists():
            assert time.monotonic() < deadline, deployed.state()
            time.sleep(0.2)
    finally:
        worker.terminate()
        said = worker.communicate(timeout=60)[0]
    runs = tmp_path / "runs"
    assert sorted(path.name for path in runs.iterdir() if path.name != "cache") == [], said
    assert not (runs / "history.db").exists()
