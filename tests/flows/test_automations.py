"""deployments/automations/*.yaml on a real server: each alert reaches a real receiver, once."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import HTTPServer
from pathlib import Path

import numpy as np
import pytest

from cl_flows.config import GateConfig, make_config
from deployed_gates import deployed_run
from local_servers import QuietHandler

FOLDER = Path(__file__).parents[2] / "deployments" / "automations"
FILES = sorted(FOLDER.glob("*.yaml"))

# Prefect takes no less than ten seconds. A missing night, and a run that never began, are waited for.
_WITHIN = {"93600": "10", "300": "10"}

pytestmark = [
    pytest.mark.prefect,
    pytest.mark.skipif(not FILES, reason="deployments/ is not part of the wheel"),
]


class Receiver(HTTPServer):
    """What the alerts are sent to: keeps what arrives."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Kept)
        self.texts: list[str] = []

    def wait_for(self, beginning: str, seconds: float = 60) -> list[str]:
        """Return every text with that beginning, at least one, a moment after the first."""
        for _ in range(int(seconds * 10)):
            if any(text.startswith(beginning) for text in self.texts):
                time.sleep(1)  # a second delivery would be a fault, so it gets its chance
                return [text for text in self.texts if text.startswith(beginning)]
            time.sleep(0.1)
        pytest.fail(f"no alert begins with {beginning!r}: {self.texts}")


class _Kept(QuietHandler):
    server: Receiver

    def post(self) -> None:
        said = json.loads(self.body())
        # Prefect sends a text payload as a JSON string.
        self.server.texts.append((json.loads(said) if isinstance(said, str) else said)["text"])
        self.answer(200)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Run a receiver of webhooks."""
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def created(receiver: Receiver, prefect_api: str, tmp_path: Path) -> Iterator[list[str]]:
    """Create every automation as docs/deploy.md says; the missing run is missed after ten seconds."""
    from prefect.blocks.webhook import Webhook
    from prefect.client.orchestration import get_client

    block = Webhook(url=f"http://127.0.0.1:{receiver.server_port}").save("labelgate-alerts", overwrite=True)
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        assert file.name.startswith("run-") or "WEBHOOK_BLOCK_ID" in text
        ready = text.replace("block_document_id: WEBHOOK_BLOCK_ID", f"block_document_id: {block}")
        for long, short in _WITHIN.items():
            ready = ready.replace(f"within: {long}", f"within: {short}")
        (tmp_path / file.name).write_text(ready)
        command = [sys.executable, "-m", "prefect", "automation", "create", "-f", str(tmp_path / file.name)]
        environment = {**os.environ, "PREFECT_API_URL": prefect_api, "PREFECT_HOME": str(tmp_path / "home")}
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
    with get_client(sync_client=True) as client:
        found = client.request("POST", "/automations/filter", json={}).json()
        yield [automation["name"] for automation in found]
        for automation in found:
            client.request("DELETE", "/automations/{id}", path_params={"id": automation["id"]})


def test_each_automation_tells_a_receiver_once(
    created: list[str],
    receiver: Receiver,
    tables: Path,
    tmp_path: Path,
    gate_config: Callable[..., GateConfig],
) -> None:
    """A failed gate, an undecided one and a night without a verdict alert; a pass and advice do not."""
    from cl_flows.gate import label_gate
    from cl_flows.outcome import GateFailed, GateUndecided

    assert sorted(created) == [
        "labelgate-gate-failed",
        "labelgate-gate-undecided",
        "labelgate-nightly-missing",
        "labelgate-run-died",
        "labelgate-run-never-began",
    ]
    with pytest.raises(GateFailed) as failed:
        label_gate(gate_config(tables / "noisy.csv", tmp_path / "runs"))
    with pytest.raises(GateUndecided):
        label_gate(_too_few(tmp_path))
    label_gate(gate_config(tables / "clean.csv", tmp_path / "runs"))
    label_gate(_too_few(tmp_path), advisory=True)
    assert receiver.wait_for("Gate failed") == [f"Gate failed: {failed.value.result.says}"]
    assert len(receiver.wait_for("Gate undecided")) == 1
    assert receiver.wait_for("No verdict of the nightly label gate")
    assert sum(text.startswith("Gate ") for text in receiver.texts) == 2


def test_a_run_whose_worker_was_killed_before_it_began_is_crashed(created: list[str], tmp_path: Path) -> None:
    """Killed between taking the run and saying so: nothing but its state tells of it."""
    from prefect.client.orchestration import get_client
    from prefect.states import Pending

    assert "labelgate-run-never-began" in created
    (tmp_path / "gate.yaml").write_text("{}")
    run = deployed_run("taken", tmp_path / "gate.yaml")
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run, Pending())
        for _ in range(600):
            known = client.read_flow_run(run)
            if known.state_name != "Pending":
                break
            time.sleep(0.1)
    assert known.state_name == "Crashed"
    assert known.state is not None
    assert "never began" in (known.state.message or "")


def _too_few(folder: Path) -> GateConfig:
    """Forty rows are too few to judge."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 20)
    probs = np.where(labels[:, None] == [0, 1], 0.9, 0.1) + rng.uniform(0, 0.01, (40, 1)) * [1, -1]
    np.savez(folder / "few.npz", labels=labels, pred_probs=probs)
    raw = {
        "data": {"path": str(folder / "few.npz")},
        "gate": {"max_noise_rate": 0.05, "great_expectations": False},
        "output": {"folder": str(folder / "runs")},
    }
    return make_config(raw, "test")
