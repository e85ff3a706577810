"""`labelgate run` with several files: every gate ends, whatever becomes of the others."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cl_core import ConfigError
from cl_flows.cli import main
from cl_flows.config import GateConfig, load_config
from cl_flows.history import read_history
from cl_flows.many.jobs import jobs_of
from cl_flows.many.processes import Surroundings, run_side_by_side

SCHEMA = json.loads((files("cl_flows.many") / "schema.json").read_text(encoding="utf-8"))


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["run", "--engine", "direct", *arguments])
    out = capsys.readouterr()
    return int(left.value.code or 0), out.out, out.err


def test_one_bad_gate_does_not_stop_the_others_and_the_worst_is_the_verdict(
    gate_file: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A vanished file, a broken gate.yaml, a failed and an undecided gate beside one that passes."""
    (tmp_path / "broken.yaml").write_text("data: [")
    paths = [
        gate_file("vanished", "nowhere"),
        tmp_path / "broken.yaml",
        gate_file("noisy", "noisy"),
        gate_file("few", checks={"coverage": {"min_rows": 1000}}),
        gate_file("fine"),
    ]
    code, out, _ = told(capsys, *map(str, paths), "--format", "json")
    document = json.loads(out)
    jsonschema.validate(document, SCHEMA)
    assert (code, document["exit_code"], document["status"]) == (1, 1, "crashed")
    assert [one["source"] for one in document["gates"]] == list(map(str, paths))
    statuses = ["crashed", "crashed", "failed", "undecided", "passed"]
    assert [one["status"] for one in document["gates"]] == statuses
    assert [one["error"] for one in document["gates"][:3]] == ["InputError", "ConfigError", None]
    assert {row.dataset for row in read_history(tmp_path / "runs" / "history.db")} == {"noisy", "few", "fine"}

    code, out, err = told(capsys, *map(str, paths[2:4]), "--at-once", "1", "--advisory")
    assert (code, out) == (0, "")
    for words in ("FAILED", "UNDECIDED", "2 gates: 1 failed, 1 undecided", "advisory"):
        assert words in err


def test_what_makes_no_sense_for_several_gates_is_refused(
    gate_file: Callable[..., Path], tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Files of data, one gate twice, and reports of one run."""
    one, two = str(gate_file("one")), str(gate_file("two"))
    for arguments, says in (
        ((one, str(tables / "clean.csv")), "clean.csv is no gate.yaml"),
        ((one, one), "is named twice"),
        ((one, two, "--format", "sarif"), "tells of one gate"),
        ((one, two, "--clean-split"), "for one gate"),
    ):
        code, _, err = told(capsys, *arguments)
        assert (code, says in err) == (2, True), err


def test_a_gate_whose_process_is_killed_or_ends_is_a_crash_that_says_how(
    gate_file: Callable[..., Path], tmp_path: Path
) -> None:
    """Also by itself with exit code 0, which is no verdict; the others go on."""
    (tmp_path / "dying.py").write_text(
        "import os, signal\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "class Killed(LogisticRegression):\n"
        "    def fit(self, *_): os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = gate_file("killed", model={"backend": "sklearn", "estimator": "dying.Killed"})
    found = run_side_by_side(
        jobs_of([killed, gate_file("fine")]),
        at_once=2,
        told=lambda *_: None,
        where=Surroundings(environment={"PYTHONPATH": str(tmp_path)}),
    )
    assert [one.status for one in found.gates] == ["crashed", "passed"]
    assert "was killed by SIGKILL and gave no verdict" in found.gates[0].says
    assert list((tmp_path / "runs").glob(".*.partial/report.json")) == []


def test_a_configuration_travels_whole(gate_file: Callable[..., Path]) -> None:
    """With its ${NAME}s, sections and base."""
    more: dict[str, Any] = {
        "cache": {"enabled": False},
        "publish": [{"publisher": "append_markdown", "path": "${WHERE}/log.md"}],
        "waivers": [{"check": "coverage", "reason": "new", "owner": "kim", "until": "2026-12-31"}],
        "clean": {"worst": 0.1},
        "as_of": "2026-01-05",
    }
    config = load_config(gate_file("whole", **more))
    assert GateConfig.model_validate(json.loads(json.dumps(config.model_dump(mode="json")))) == config


def test_no_gate_at_all_is_refused() -> None:
    """It would pass."""
    with pytest.raises(ConfigError, match="no gate to run"):
        jobs_of([])


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_whoever_ends_the_command_ends_its_gates(
    gate_file: Callable[..., Path], tmp_path: Path, number: signal.Signals
) -> None:
    """Nothing goes on, and nothing is on record."""
    (tmp_path / "slow.py").write_text(
        "import pathlib, time\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "class Slow(LogisticRegression):\n"
        "    def fit(self, *_):\n"
        f"        pathlib.Path({str(tmp_path / 'going')!r}).touch()\n"
        "        time.sleep(600)\n"
    )
    paths = [gate_file(n, model={"backend": "sklearn", "estimator": "slow.Slow"}) for n in ("one", "two")]
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from cl_flows.cli import main; main()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, "run", *map(str, paths), "--engine", "direct"],
        env={**os.environ, "PYTHONPATH": str(tmp_path), "LABELGATE_MARK": str(tmp_path)},
        stderr=subprocess.DEVNULL,
    ) as going:
        try:
            _wait_until((tmp_path / "going").exists)
            going.send_signal(number)
            assert going.wait(timeout=60) == {signal.SIGINT: 130, signal.SIGKILL: -9}[number]
        finally:
            going.kill()
    _wait_until(lambda: not _processes(str(tmp_path)))
    assert read_history(tmp_path / "runs" / "history.db") == []


def _wait_until(it: Callable[[], bool]) -> None:
    for _ in range(1800):
        if it():
            return
        time.sleep(0.1)
    pytest.fail("did not come about within 180 s")


def _processes(mark: str) -> list[str]:
    """Name the children that were started under the mark."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"LABELGATE_MARK={mark}\0".encode() in (process / "environ").read_bytes():
                found.append(process.name)
        except OSError:  # it has just ended, or belongs to somebody else
            continue
    return found
