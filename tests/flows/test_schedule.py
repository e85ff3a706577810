"""`labelgate schedule` on a real private server: due gates run, and a signal leaves nothing behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from cl_core.errors import ConfigError
from cl_flows.cli import main
from cl_flows.history import read_history
from cl_flows.serving import Clock, _deployment, _names, _schedule, _settle
from trees import tree_gate


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from cl_flows.cli import main; main()", "schedule", *arguments]


def processes_of(home: Path) -> list[str]:
    """Command lines of every process whose environment names the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.fsencode(home) in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:  # it has just ended, or belongs to somebody else
            continue
    return found


@pytest.mark.prefect
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc")
def test_due_gates_run_until_a_signal_which_leaves_nothing_behind(tables: Path, tmp_path: Path) -> None:
    """Two verdicts, a second command refused, then SIGTERM: no process, no half-written run, code 0."""
    (tmp_path / "gate.yaml").write_text(yaml.safe_dump(tree_gate(tables / "noisy.csv", "results")))
    home = tmp_path / "home"
    arguments = command(str(tmp_path / "gate.yaml"), "--every", "3", "--home", str(home))
    environment = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    with (tmp_path / "said").open("wb") as said:
        going = subprocess.Popen(arguments, stdout=said, stderr=said, env=environment)
        try:
            _wait_for_verdicts(tmp_path / "results" / "history.db", 2, going)
            again = subprocess.run(
                arguments, env=environment, capture_output=True, text=True, check=False, timeout=120
            )
            assert (again.returncode, "another `labelgate schedule`" in again.stderr) == (2, True)
            assert len(processes_of(home)) > 0
            going.send_signal(signal.SIGTERM)
            assert going.wait(timeout=90) == 0, (tmp_path / "said").read_text()
        finally:
            going.kill()
            going.wait()
    assert processes_of(home) == []
    assert "stopped: the schedules are paused" in (tmp_path / "said").read_text()
    assert {row.status for row in read_history(tmp_path / "results" / "history.db")} == {"failed"}
    assert list((tmp_path / "results").glob(".*.partial")) == []


def _wait_for_verdicts(database: Path, number: int, going: "subprocess.Popen[bytes]") -> None:
    for _ in range(900):
        assert going.poll() is None, "labelgate schedule ended"
        if len(read_history(database)) >= number:
            return
        time.sleep(0.2)
    pytest.fail("the gates did not run")


@pytest.mark.prefect
@pytest.mark.usefixtures("prefect_api")
@pytest.mark.parametrize(("is_private", "state"), [(True, "Crashed"), (False, "Running")])
def test_a_run_that_was_killed_is_a_crash_at_the_next_start(
    tmp_path: Path, *, is_private: bool, state: str
) -> None:
    """Unless others use the server, too: it may be theirs. What people asked for stays."""
    from prefect.client.orchestration import get_client
    from prefect.states import Running, Scheduled

    async def start_again() -> list[str]:
        deployment = await _deployment(f"again-{state}", tmp_path / "gate.yaml", _schedule(Clock(every=3600)))
        identity = await deployment.aapply()
        async with get_client() as client:
            killed = await client.create_flow_run_from_deployment(identity)
            await client.set_flow_run_state(killed.id, Running(), force=True)
            asked = await client.create_flow_run_from_deployment(identity, state=Scheduled())
            await _settle(identity, is_private=is_private)
            runs = [await client.read_flow_run(run.id) for run in (killed, asked)]
            await client.delete_deployment(identity)
        return [str(run.state.name) for run in runs if run.state]

    assert asyncio.run(start_again()) == [state, "Scheduled"]


@pytest.mark.prefect
@pytest.mark.parametrize(
    "clock", [Clock(cron="every night"), Clock(cron="0 2 * * *", timezone="Mars"), Clock(every=-1)]
)
def test_a_clock_that_makes_no_sense_is_refused(clock: Clock) -> None:
    """With what a good one looks like."""
    with pytest.raises(ConfigError, match=r"no clock: --(cron '|every -1)"):
        _schedule(clock)


def test_gates_are_named_by_file_and_by_folder_where_files_are_called_the_same(tmp_path: Path) -> None:
    """Two deployments of one name would be one deployment."""
    a, b, c = tmp_path / "a" / "gate.yaml", tmp_path / "b" / "gate.yaml", tmp_path / "orders.yaml"
    assert set(_names([a, b, c])) == {"a-gate", "b-gate", "orders"}
    with pytest.raises(ConfigError, match="one name"):
        _names([a, a])


@pytest.mark.parametrize(("flag", "clock"), [("--cron", "0 2 * * *"), ("--every", "3600")])
def test_serve_sends_a_clock_to_schedule(flag: str, clock: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Other tools call it `serve`; here that is the command of the review pages."""
    with pytest.raises(SystemExit) as left:
        main(["serve", "gate.yaml", flag, clock])
    assert left.value.code == 2
    assert f'hint: labelgate schedule gate.yaml {flag} "{clock}"' in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["--cron", "0 2 * * *", "--every", "60"]])
def test_one_clock_and_only_one_is_wanted(tmp_path: Path, arguments: list[str]) -> None:
    """Neither and both are bad usage."""
    done = subprocess.run(
        command(str(tmp_path / "gate.yaml"), *arguments), capture_output=True, text=True, check=False
    )
    assert (done.returncode, "either --cron or --every" in done.stderr) == (2, True)
