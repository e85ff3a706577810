"""An undecided gate that waits for people, on a real server: suspended, answered, resumed, final."""

import asyncio
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
import yaml

from cl_flows.cli import main
from cl_flows.config import make_config
from cl_flows.direct import run_direct
from cl_flows.history import read_history
from cl_flows.outcome import GateFailed, GateUndecided
from deployed_gates import deployed_run
from trees import tree_gate

LABELGATE = [sys.executable, "-c", "from cl_flows.cli import main; main()"]


def gate_of(source: Path, **gate: Any) -> dict[str, Any]:
    """Write a gate that only people can decide."""
    return tree_gate(source, **{"decide_on": "audited", "undecided": "pause", **gate})


class Waiting:
    """A flow run of a deployed gate, and what people and workers do to it."""

    def __init__(self, folder: Path, source: Path, api: str, pool: str | None = None, **gate: Any) -> None:
        (folder / "gate.yaml").write_text(yaml.safe_dump(gate_of(source, **gate)))
        self.folder, self.runs = folder, folder / "runs"
        self.environment = {
            **os.environ,
            "PREFECT_API_URL": api,
            "PREFECT_HOME": str(folder / "home"),
            "PREFECT_LOGGING_TO_API_ENABLED": "false",
            "PREFECT_LOGGING_LEVEL": "ERROR",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
        }
        self.run_id = deployed_run(f"waits-{folder.name}", folder / "gate.yaml", pool)

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command in the gate's folder."""
        return subprocess.run(
            command,
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )

    def work(self) -> str:
        """Execute the flow run as a worker's process does, but in this one; return the name of its state."""
        from prefect.exceptions import Pause
        from prefect.flow_engine import load_flow, load_flow_run, run_flow

        run = load_flow_run(self.run_id)
        with suppress(Pause, GateFailed, GateUndecided):
            run_flow(load_flow(run), flow_run=run)
        return str(self.state())

    def worker(self) -> "subprocess.Popen[bytes]":
        """Start a process worker."""
        return subprocess.Popen(
            [sys.executable, "-m", "prefect", "worker", "start", "--pool", "people"],
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def state(self) -> str | None:
        """Return the name of the flow run's state."""
        from prefect.client.orchestration import get_client

        with get_client(sync_client=True) as client:
            state = client.read_flow_run(self.run_id).state
            return state.name if state else None

    def wait_for(self, name: str) -> None:
        """Wait until the flow run is in a state."""
        deadline = time.monotonic() + 150
        while (state := self.state()) != name:
            assert time.monotonic() < deadline, state
            time.sleep(0.3)

    def statuses(self) -> list[str]:
        """Return the verdicts on record."""
        return [row.status for row in read_history(self.runs / "history.db")]

    def folder_of_run(self) -> Path:
        """Return the one run's folder."""
        (found,) = self.runs.glob("2*")
        return found

    def hidden(self) -> list[str]:
        """Name what lies hidden in the results folder."""
        return sorted(path.suffix for path in self.runs.iterdir() if path.name.startswith(".2"))


def answers(sheet: Path, tables: Path, rows: int | None = None) -> str:
    """Fill in a sheet from the truth: the labels of the clean table."""
    truth = pd.read_csv(tables / "clean.csv").set_index("tree")["label"]
    asked = pd.read_csv(sheet).iloc[:rows]
    wrong = asked["given_label"].to_numpy() != truth.loc[asked["id"]].to_numpy()
    return asked.assign(is_wrong=pd.Series(wrong).map({True: "yes", False: "no"})).to_csv(index=False)


def answered_on_page(runs: Path, run_id: str, position: int) -> int:
    """Say on the review pages that a label is right, as a browser does; return the answer's status."""
    from cl_flows.review.web.access import Access
    from cl_flows.review.web.app import make_app

    here = "http://127.0.0.1:8700"

    async def said() -> int:
        door = httpx.ASGITransport(make_app(runs, Access(who="kim")), client=("127.0.0.1", 50000))
        async with httpx.AsyncClient(transport=door, base_url=here, headers={"accept": "text/html"}) as asker:
            page = (await asker.get(f"/runs/{run_id}/audit")).text
            hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
            form = hidden | {"position": str(position), "action": "keep"}
            answer = await asker.post(f"/runs/{run_id}/audit", data=form, headers={"origin": here})
            return answer.status_code

    return asyncio.run(said())


def answered_by_command(runs: Path, sheet: Path) -> int:
    """Add a sheet by `labelgate audit add` in this process; return its exit code."""
    with pytest.raises(SystemExit) as left:
        main(["audit", "add", "last", str(sheet), "--output", str(runs)])
    return int(left.value.code or 0)


@pytest.mark.prefect
@pytest.mark.servers
def test_answers_by_command_line_decide_after_the_worker_was_killed(
    tables: Path, tmp_path: Path, prefect_api: str
) -> None:
    """Suspended by one worker, resumed by `labelgate audit add`, decided by another: one run, one verdict."""
    gate = Waiting(tmp_path, tables / "noisy.csv", prefect_api, pool="people")
    first = gate.worker()
    gate.wait_for("Suspended")
    deadline = time.monotonic() + 60
    while not (gate.statuses() and gate.hidden() == [".claim", ".kept"]):  # its process winds down
        assert time.monotonic() < deadline
        time.sleep(0.2)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert gate.statuses() == ["undecided"]
    shown = gate.folder_of_run()
    (tmp_path / "kim.csv").write_text(answers(shown / "audit.csv", tables))

    added = gate.run(*LABELGATE, "audit", "add", "last", "kim.csv", "--output", "runs")
    assert (added.returncode, "its flow run goes on" in added.stderr) == (3, True), added.stderr
    second = gate.worker()
    try:
        gate.wait_for("NoiseGateFailed")
    finally:
        second.terminate()
        second.wait()
    assert gate.statuses() == ["failed"]
    assert (gate.folder_of_run(), gate.hidden()) == (shown, [])
    before = json.loads((shown / "before" / "report.json").read_text())
    report = json.loads((shown / "report.json").read_text())
    assert (before["verdict"]["status"], report["verdict"]["status"]) == ("undecided", "failed")
    assert before["run"]["id"] == report["run"]["id"]
    assert any(note.startswith("before people answered") for note in report["notes"])
    assert pd.read_csv(shown / "audit.csv").shape[1] == 5  # what people hold in hand stays where it was


@pytest.mark.prefect
def test_the_form_takes_answers_waits_for_more_and_can_end_it(
    tables: Path, tmp_path: Path, prefect_api: str
) -> None:
    """Ten rows do not decide: suspended again, nothing told twice; then somebody leaves it undecided."""
    from prefect.flow_runs import resume_flow_run

    gate = Waiting(tmp_path, tables / "noisy.csv", prefect_api)
    assert gate.work() == "Suspended"
    sheet = answers(gate.folder_of_run() / "audit.csv", tables, rows=5)
    resume_flow_run(gate.run_id, run_input={"sheet": sheet, "who": "kim"})
    assert gate.work() == "Suspended"
    assert (gate.statuses(), gate.hidden()) == (["undecided"], [".claim", ".kept"])
    resume_flow_run(gate.run_id, run_input={"action": "leave it undecided"})
    assert gate.work() == "NoiseGateUndecided"
    from cl_flows.audits import read_answers

    assert {a.who for a in read_answers(gate.runs / "history.db", gate.folder_of_run().name)} == {"kim"}
    assert gate.statuses() == ["undecided"]


@pytest.mark.prefect
def test_an_answer_just_before_the_suspension_is_heard(
    tables: Path, tmp_path: Path, prefect_api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it came the flow run did not rest yet, so that nobody could resume it: it goes on by itself."""
    from cl_flows import suspension

    gate = Waiting(tmp_path, tables / "noisy.csv", prefect_api)
    suspend = suspension.suspend_flow_run  # type: ignore[attr-defined]
    told: list[int] = []

    def late(**how: Any) -> Any:
        if not told:
            (tmp_path / "kim.csv").write_text(answers(gate.folder_of_run() / "audit.csv", tables))
            told.append(answered_by_command(gate.runs, tmp_path / "kim.csv"))
        return suspend(**how)

    monkeypatch.setattr(suspension, "suspend_flow_run", late)
    assert gate.work() == "Resuming"
    assert told == [3]
    assert gate.work() == "NoiseGateFailed"


@pytest.mark.prefect
def test_an_answer_while_it_is_judged_again_is_heard(
    tables: Path, tmp_path: Path, prefect_api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judged without the answer that decides, the flow run does not end undecided: it is judged once more."""
    from prefect.flow_runs import resume_flow_run

    from cl_flows import gate as gate_module

    gate = Waiting(tmp_path, tables / "noisy.csv", prefect_api)
    assert gate.work() == "Suspended"
    sheet = tmp_path / "kim.csv"
    sheet.write_text(answers(gate.folder_of_run() / "audit.csv", tables, rows=5))
    assert answered_by_command(gate.runs, sheet) == 4
    resume_flow_run(gate.run_id, run_input={})
    judge = gate_module.judge_task

    def judged(*of: Any) -> Path:
        found = judge(*of)
        sheet.write_text(answers(gate.folder_of_run() / "audit.csv", tables))
        assert answered_by_command(gate.runs, sheet) == 3
        return found

    with monkeypatch.context() as patched:
        patched.setattr(gate_module, "judge_task", judged)
        assert gate.work() == "Resuming"
    assert gate.work() == "NoiseGateFailed"


@pytest.mark.prefect
def test_people_pass_what_the_model_could_not_judge(tables: Path, tmp_path: Path, prefect_api: str) -> None:
    """Too weak for a verdict of its own, the gate passes on an audit whose last answer a page took."""
    from cl_flows.audits import Answer, add_answers, read_audit
    from cl_flows.waiting import decided_by_answers, waiting_runs

    gate = Waiting(tmp_path, tables / "clean.csv", prefect_api, decide_on="confident", max_noise_rate=0.02)
    assert gate.work() == "Suspended"
    database = gate.runs / "history.db"
    audit = read_audit(database, gate.folder_of_run().name)
    assert audit is not None
    (claim,) = waiting_runs(gate.runs)
    assert decided_by_answers(gate.runs, database, claim.fingerprint) == []
    right = [Answer(int(i), "kim", is_wrong=False) for i in audit.plan.positions]
    add_answers(database, audit, right[:-1])
    (decided,) = decided_by_answers(gate.runs, database, claim.fingerprint)
    assert decided.decision == "below"
    assert answered_on_page(gate.runs, claim.run_id, right[-1].position) == 303
    gate.wait_for("Resuming")
    assert gate.work() == "Completed"
    assert gate.statuses() == ["passed"]


@pytest.mark.prefect
def test_when_nobody_answers_in_time_it_stays_undecided(
    tables: Path, tmp_path: Path, prefect_api: str
) -> None:
    """Prefect fails the flow run under no name of ours; three ways give it the verdict's."""
    from prefect.client.orchestration import get_client
    from prefect.states import Failed

    from cl_flows import label_gate
    from cl_flows.claims import write_claim
    from cl_flows.serving import _name_overdue_of
    from cl_flows.suspension import resume
    from cl_flows.waiting import waiting_runs

    gate = Waiting(tmp_path, tables / "noisy.csv", prefect_api)
    text = (tmp_path / "gate.yaml").read_text()
    (tmp_path / "gate.yaml").write_text(text + "limits: {answers: 1}\n")
    assert gate.work() == "Suspended"
    (claim,) = waiting_runs(gate.runs)
    with get_client(sync_client=True) as client:
        suspended = client.read_flow_run(gate.run_id).state
    assert suspended is not None
    until = suspended.state_details.pause_timeout  # Prefect counts from the suspension on
    assert until is not None
    time.sleep(max(0.0, until.timestamp() + 0.5 - time.time()))
    assert "can no longer be resumed" in resume(claim).problem
    assert (gate.state(), gate.statuses()) == ("Failed", ["undecided"])
    with get_client(sync_client=True) as client:
        expired = client.read_flow_run(gate.run_id).state
    assert expired is not None

    def next_gate() -> None:
        with pytest.raises(GateUndecided):
            label_gate(tmp_path / "gate.yaml")

    def by_command() -> None:
        with pytest.raises(SystemExit) as left:
            main(["audit", "overdue", "--output", str(gate.runs)])
        assert not left.value.code

    for name in (by_command, lambda: _name_overdue_of([tmp_path / "gate.yaml"]), next_gate):
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(gate.run_id, Failed(message=expired.message), force=True)
        write_claim(gate.runs, claim)
        name()
        assert (gate.state(), waiting_runs(gate.runs)) == ("NoiseGateUndecided", [])
    assert gate.statuses() == ["undecided"] * 2


def test_without_a_deployment_the_run_ends_undecided_and_tells_the_plan(tables: Path, tmp_path: Path) -> None:
    """The direct engine holds nothing: exit code 4, a sheet to fill in, and `audit add` decides."""
    config = make_config({**gate_of(tables / "noisy.csv"), "output": {"folder": str(tmp_path)}}, "test")
    result = run_direct(config)
    sheet = Path(result.folder) / "audit.csv"
    assert (result.status, str(sheet) in result.remedy) == ("undecided", True)
    (tmp_path / "kim.csv").write_text(answers(sheet, tables))
    told = result.remedy.partition(": labelgate ")[2].replace("SHEET", str(tmp_path / "kim.csv"))
    added = subprocess.run(
        [*LABELGATE, *shlex.split(told)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert added.returncode == 3, added.stderr
    assert run_direct(config).status == "failed"
