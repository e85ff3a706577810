"""No fault of the process, the disk or of Great Expectations passes the gate; two gates do not mix."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

Bench: TypeAlias = Any  # the fixture's
COMMAND = [sys.executable, "-c", "from cl_flows.cli import main; main()"]
# As docs/fault_matrix.md lists them; a test each.
FAULTS = {
    ("process", "killed with -9 while the model is fitted", 137),
    ("process", "terminated while the model is fitted", 143),
    ("process", "a plugin that leaves by os._exit(0)", 1),
    ("process", "a plugin that hangs past its limit", 1),
    ("store", "a full disk", 1),
    ("store", "no Prefect API where one is named", 1),
    ("Great Expectations", "it cannot be imported", 1),
    ("Great Expectations", "its process is killed", 1),
    ("concurrency", "eight gates at once, one folder", 3),
}


def start(bench: Bench, **more: Any) -> "subprocess.Popen[str]":
    """Start `labelgate run` as people do; it is in a process group of its own."""
    environment = {**os.environ, **bench.environment}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(
        [*COMMAND, *bench.command()], env=environment, cwd=bench.folder, **{**pipes, **more}
    )


def finish(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Wait for the end; return the shell's number and standard error."""
    _, said = process.communicate(timeout=120)
    code = process.returncode
    return (128 - code if code < 0 else code), said


def waiting(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < deadline, "waited a minute in vain"
        time.sleep(0.05)


@pytest.mark.usefixtures("chaos")
@pytest.mark.parametrize(("by", "code"), [(signal.SIGKILL, 137), (signal.SIGTERM, 143)])
def test_a_run_that_is_killed_leaves_no_verdict_and_nothing_behind(bench: Bench, by: int, code: int) -> None:
    """Half a run is never shown, and the next run sweeps it away."""
    bench.sections["model"] = {"backend": "chaos", "does": "hang"}
    runs = bench.folder / "labelgate-runs"
    process = start(bench)
    waiting(lambda: any(runs.glob(".*.partial/work")))
    process.send_signal(by)
    assert finish(process)[0] == code
    assert bench.reports() == []
    (bench.folder / "gate.yaml").unlink()
    bench.sections["model"] = {"backend": "tabular", "estimator": "logistic"}
    assert finish(start(bench))[0] == 3
    assert len(bench.reports()) == 1
    assert [path.name for path in runs.iterdir() if path.name.startswith(".") and path.is_dir()] == []


@pytest.mark.usefixtures("chaos")
def test_a_plugin_that_leaves_without_a_word_does_not_pass(bench: Bench) -> None:
    """os._exit(0) ends the process past every handler; the shell must not hear 0."""
    bench.sections["model"] = {"backend": "chaos", "does": "os._exit"}
    code, said = finish(start(bench))
    assert code == 1, said
    assert "plugin 'chaos' of distribution 'chaos-dist' crashed: SystemExit: os._exit(0)" in said


@pytest.mark.usefixtures("chaos")
def test_a_plugin_that_hangs_is_named(bench: Bench) -> None:
    """A run ends when its time is up, and says whose fault it was."""
    bench.sections["model"] = {"backend": "chaos", "does": "hang"}
    bench.set("limits", predict=1)
    begun = time.monotonic()
    code, said = finish(start(bench))
    assert code == 1
    assert "'chaos' of distribution 'chaos-dist'" in said
    assert time.monotonic() - begun < 60


def test_a_full_disk_gives_no_verdict(bench: Bench) -> None:
    """The operating system refuses to write past 20 kB: no run, a message, no traceback."""
    code, said = finish(start(bench, preexec_fn=_small_files))
    assert code == 1, said
    assert bench.reports() == []
    assert "Traceback" not in said


def _small_files() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


def test_a_server_that_is_not_there_gives_no_verdict(bench: Bench) -> None:
    """With a Prefect API named, nothing is run past it."""
    bench.environment["PREFECT_API_URL"] = "http://127.0.0.1:9/api"
    bench.arguments += ["--engine", "prefect"]
    code, said = finish(start(bench))
    assert (code, "no Prefect API answers" in said) == (1, True), said


def test_without_great_expectations_there_is_no_verdict(bench: Bench, tmp_path: Path) -> None:
    """A cross-check that cannot run is an error, not a pass."""
    bench.set("gate", great_expectations=True)
    broken = tmp_path / "broken" / "great_expectations"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ImportError('this library is broken')\n")
    paths = [str(broken.parent), os.environ.get("PYTHONPATH", "")]
    bench.environment["PYTHONPATH"] = os.pathsep.join(paths)
    code, said = finish(start(bench))
    assert (code, "this library is broken" in said) == (1, True), said
    assert bench.reports() == []


@pytest.mark.usefixtures("chaos")
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds child processes in /proc")
def test_a_cross_check_that_died_gives_no_verdict(bench: Bench) -> None:
    """Great Expectations works in a process of its own; without its answer nothing passes."""
    bench.set("gate", great_expectations=True)
    bench.sections["model"] = {"backend": "chaos", "does": "slow"}
    process = start(bench)
    waiting(lambda: bool(_children(process.pid)))
    time.sleep(1)
    for child in _children(process.pid):
        os.kill(child, signal.SIGKILL)
    code, said = finish(process)
    assert code == 1, said
    assert "Great Expectations" in said
    assert bench.reports() == []


def _children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found


def test_eight_gates_at_once_do_not_mix(bench: Bench) -> None:
    """Clean and noisy tables side by side in one results folder: each gets its own verdict and its row."""
    gates = []
    for number in range(8):
        noisy = number % 2 == 0
        bench.table(bench.trees(0.2 if noisy else 0.0), f"trees-{number}.csv")
        bench.set("data", name=f"trees-{number}")
        (bench.folder / "gate.yaml").unlink(missing_ok=True)
        path = (bench.folder / bench.command()[1]).rename(bench.folder / f"gate-{number}.yaml")
        command = [*COMMAND, "run", str(path), "--engine", "direct"]
        gates.append((3 if noisy else 0, subprocess.Popen(command, stderr=subprocess.DEVNULL)))
    assert [process.wait(120) for _, process in gates] == [code for code, _ in gates]
    verdicts = {report["data"]["name"]: report["verdict"]["status"] for report in bench.reports()}
    assert verdicts == {f"trees-{n}": "passed" if n % 2 else "failed" for n in range(8)}


def test_the_table_in_the_docs_has_these_too() -> None:
    """Documentation and tests name the same faults with the same exit codes."""
    page = (Path(__file__).parents[2] / "docs" / "fault_matrix.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("| ").split("|")]
        for line in page.splitlines()
        if line.startswith("| ")
    ]
    told = {(area, name, int(code)) for area, name, code, *_ in rows if code.strip().isdigit()}
    assert told >= FAULTS
    elsewhere = {area for area, *_ in told} & {"process", "Great Expectations", "concurrency"}
    assert {fault for fault in told if fault[0] in elsewhere} == {f for f in FAULTS if f[0] != "store"}
