"""A plugin that hangs or leaves is named, and the run ends with 1: never with the code of a pass."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from contextvars import ContextVar
from pathlib import Path

import pytest

from cl_core import GateError, PluginError
from cl_flows.limits import refuse_overdue, run_limit, within


def write_plugin(folder: Path, body: str) -> None:
    """Install the backend ``odd`` of distribution odd-dist, which runs `body`."""
    code = f"""
from cl_core import ModelBackend, hookimpl
from pydantic import BaseModel, ConfigDict

class OddOptions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

def predict(dataset, options, progress):
{textwrap.indent(textwrap.dedent(body), "    ")}

@hookimpl
def labelgate_model_backends():
    yield ModelBackend("odd", "does odd things", OddOptions, predict)
"""
    folder.mkdir()
    (folder / "odd_module.py").write_text(code)
    info = folder / "odd_dist-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: odd-dist\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[labelgate]\nodd = odd_module\n")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("while True: pass", "did not answer within 1 seconds (limits.predict)"),
        ("import time; time.sleep(600)", "did not answer within 1 seconds (limits.predict)"),
        (
            "import ctypes; ctypes.PyDLL(None).sleep(600)  # keeps Python's lock",
            "did not answer within 1 seconds (limits.predict)",
        ),
        (
            """
            import time
            from concurrent.futures import ThreadPoolExecutor
            with ThreadPoolExecutor(1) as pool:  # Python joins its threads before it ends
                pool.submit(time.sleep, 600).result()
            """,
            "did not answer within 1 seconds (limits.predict)",
        ),
        ("import os; os._exit(0)", "crashed: SystemExit: os._exit(0)"),
        ("import sys; sys.exit(0)", "crashed: SystemExit: 0"),
        ("return (row for row in dataset.features)", "returned a generator, wanted Predictions"),
    ],
    ids=["loop", "sleep", "c-call", "thread", "os-exit", "sys-exit", "nonsense"],
)
def test_a_backend_that_never_answers_is_named_and_the_exit_code_is_1(
    tables: Path, tmp_path: Path, body: str, says: str
) -> None:
    """A loop, a sleep, a call into C that never returns, a thread that nobody can end, an early exit."""
    write_plugin(tmp_path / "site", body)
    gate = f"""
data: {{path: {tables / "clean.csv"}, label: label}}
model: {{backend: odd}}
gate: {{max_noise_rate: 0.05, great_expectations: false}}
limits: {{predict: {1 if "within" in says else 60}}}
"""
    (tmp_path / "gate.yaml").write_text(gate)
    paths = os.pathsep.join([str(tmp_path / "site"), *filter(None, sys.path)])
    began = time.monotonic()
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from cl_flows.cli import main; main()"),
            *("run", "gate.yaml", "--engine", "direct"),
        ],
        env={**os.environ, "PYTHONPATH": paths, "COLUMNS": "200"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1, done.stderr
    assert "plugin 'odd' of distribution 'odd-dist'" in done.stderr
    assert says in done.stderr
    assert time.monotonic() - began < 60
    runs = tmp_path / "labelgate-runs"
    assert not runs.is_dir() or [p.name for p in runs.iterdir() if p.name[0].isdigit()] == []


# A test run in the background inherits that interrupts are ignored.
LISTENING = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from cl_flows.cli import main
main()
"""


def test_an_interrupt_ends_the_run_although_the_plugin_goes_on(tables: Path, tmp_path: Path) -> None:
    """Ctrl-C is heard at once, and the exit code is an interrupt's."""
    body = """
    import pathlib, time
    from concurrent.futures import ThreadPoolExecutor
    pathlib.Path("started").touch()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(time.sleep, 600).result()
    """
    write_plugin(tmp_path / "site", body)
    gate = f"data: {{path: {tables / 'clean.csv'}, label: label}}\nmodel: {{backend: odd}}\n"
    (tmp_path / "gate.yaml").write_text(gate + "gate: {max_noise_rate: 0.05, great_expectations: false}\n")
    paths = os.pathsep.join([str(tmp_path / "site"), *filter(None, sys.path)])
    run = subprocess.Popen(
        [
            *(sys.executable, "-c", LISTENING),
            *("run", "gate.yaml", "--engine", "direct"),
        ],
        env={**os.environ, "PYTHONPATH": paths},
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    try:
        told = run.communicate(timeout=30)[1]
    finally:
        run.kill()
    assert "interrupted" in told
    assert run.returncode == 130


def test_a_process_ends_although_a_pool_of_the_plugin_goes_on() -> None:
    """Python waits for pools of threads; a worker's run of a gate would keep its place for ever."""
    program = """
import time
from concurrent.futures import ThreadPoolExecutor
from cl_core import PluginError
from cl_flows import limits

limits._ENDS_WITHIN_S = 2
try:
    limits.within(0.5, "it", "limits.predict", lambda: ThreadPoolExecutor(1).submit(time.sleep, 600).result())
except PluginError as error:
    print(error, flush=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=200
    )
    said = "it did not answer within 0.5 seconds (limits.predict)\n"
    assert (done.returncode, done.stdout) == (1, said), done.stderr


def test_answers_errors_and_context_go_through() -> None:
    """A plugin in its own thread is called as if it were called directly."""
    here: ContextVar[str] = ContextVar("here", default="nowhere")
    here.set("in the flow")
    assert within(60, "x", "limits.x", here.get) == "in the flow"

    def fail() -> None:
        raise KeyError("k")

    with pytest.raises(KeyError):
        within(60, "x", "limits.x", fail)


def test_several_limits_at_once_keep_apart() -> None:
    """Gates in threads of one process: one hangs, the others answer; the watchdog is off at the end."""
    said: list[str] = []

    def gate(seconds: float) -> None:
        def answer() -> str:
            time.sleep(seconds)
            return "answered"

        try:
            said.append(within(0.3, f"{seconds}", "limits.x", answer))
        except PluginError as error:
            said.append(str(error))

    gates = [threading.Thread(target=gate, args=(seconds,)) for seconds in (0.0, 0.1, 1.0)]
    for one in gates:
        one.start()
    for one in gates:
        one.join()
    assert sorted(said) == ["1.0 did not answer within 0.3 seconds (limits.x)", "answered", "answered"]
    time.sleep(1.5)  # past the watchdog's deadline: this process lives on


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # what is tested here
def test_os_exit_is_given_back() -> None:
    """Outside plugins, and in a process that a plugin forks, leaving is leaving."""
    before = os._exit

    def forks() -> int:
        child = os.fork()
        if child == 0:
            os._exit(7)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    assert within(60, "x", "limits.x", forks) == 7
    assert os._exit is before


def test_the_limit_of_a_whole_run_ends_whatever_is_at_work() -> None:
    """A plugin is named although it had time left of its own; between two steps the run is."""
    with run_limit(0.3):
        assert within(60, "quick", "limits.x", lambda: 1) == 1
        refuse_overdue()
        with pytest.raises(PluginError, match=r"slow did not answer before the run's 0.3 seconds were up"):
            within(60, "slow", "limits.x", lambda: time.sleep(2))
        with pytest.raises(GateError, match=r"no verdict within 0.3 seconds \(limits.run\)"):
            refuse_overdue()
        with pytest.raises(GateError, match=r"limits.run"):
            within(60, "late", "limits.x", lambda: 1)
    refuse_overdue()
    with run_limit(None):
        assert within(60, "quick", "limits.x", lambda: 1) == 1
