"""Many gates as subflows of one Prefect flow, on a real server."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cl_flows.cli import main
from cl_flows.many.entry import GatesCrashed, GatesFailed

pytestmark = [pytest.mark.prefect, pytest.mark.usefixtures("prefect_api")]


def subflows_of(parent: Any) -> dict[str, Any]:
    """Return the state of each subflow by the file its gate is of."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterParentFlowRunId

    with get_client(sync_client=True) as client:
        ours = FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[parent]))
        runs = client.read_flow_runs(flow_run_filter=ours)
        return {run.name.split("-")[2]: run.state and run.state.name for run in runs}


def test_a_crash_and_a_failure_stop_no_other_gate_and_the_parent_is_a_plain_failure(
    gate_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed process is a crashed subflow, not one that runs for ever; the verdicts keep their names."""
    (tmp_path / "dying.py").write_text(
        "import os, signal\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "class Killed(LogisticRegression):\n"
        "    def fit(self, *_): os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    from cl_flows.gates import label_gates

    killed = gate_file("killed", model={"backend": "sklearn", "estimator": "dying.Killed"})
    state = label_gates([killed, gate_file("noisy", "noisy"), gate_file("fine")], return_state=True)
    assert (state.type.value, state.name) == ("FAILED", "Failed")
    assert subflows_of(state.state_details.flow_run_id) == {
        "killed": "Crashed",
        "noisy": "NoiseGateFailed",
        "fine": "Completed",
    }
    with pytest.raises(GatesCrashed) as crashed:
        state.result()
    assert [one.status for one in crashed.value.gates.gates] == ["crashed", "failed", "passed"]


def test_the_parent_has_the_name_of_the_worst_verdict(gate_file: Callable[..., Path]) -> None:
    """Blocking and advisory; the caller gets every entry either way."""
    from cl_flows.gates import label_gates

    gates = [gate_file("noisy", "noisy")]
    state = label_gates(gates, return_state=True)
    assert (state.type.value, state.name) == ("FAILED", "NoiseGateFailed")
    with pytest.raises(GatesFailed, match=r"1 gate: 1 failed: .*noisy\.yaml \(failed\)"):
        state.result()
    state = label_gates(gates, advisory=True, return_state=True)
    assert (state.type.value, state.name) == ("COMPLETED", "NoiseGateFailedAdvisory")
    assert [one.status for one in state.result().gates] == ["failed"]
    assert subflows_of(state.state_details.flow_run_id) == {"noisy": "NoiseGateFailedAdvisory"}


def test_the_command_line_runs_many_on_a_server(
    gate_file: Callable[..., Path],
    tmp_path: Path,
    prefect_api: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With a broken file beside a good one."""
    (tmp_path / "broken.yaml").write_text("data: [")
    monkeypatch.setenv("PREFECT_API_URL", prefect_api)
    with pytest.raises(SystemExit) as left:
        main(["run", str(tmp_path / "broken.yaml"), str(gate_file("fine"))])
    told = capsys.readouterr().err
    assert (left.value.code, "2 gates: 1 crashed, 1 passed" in told) == (1, True), told
