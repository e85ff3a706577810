"""The helper process: one real one, and stand-ins for every way it can fail."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from cl_checks.gx.process import ExpectationsProcess
from cl_checks.gx.scored import ValidationRequest, validate_request
from cl_core import GateError

REQUEST = ValidationRequest("scored.parquet", 0.04, 0.05, 50, 200, "run")
LONG_S = 120.0  # far longer than the process takes: a slow machine must not fail a test


@pytest.fixture(scope="module")
def real() -> Iterator[ExpectationsProcess]:
    """Share one real process: it takes seconds to warm up."""
    with ExpectationsProcess() as expectations:
        yield expectations


@pytest.fixture
def request_for(scored: Callable[..., pd.DataFrame], tmp_path: Path) -> ValidationRequest:
    """Write a sound scored table and return the request about it."""
    path = tmp_path / "scored.parquet"
    scored().to_parquet(path)
    return replace(REQUEST, scored=str(path))


def stand_in(code: str) -> ExpectationsProcess:
    """Start a process that runs `code` in place of Great Expectations."""
    return ExpectationsProcess([sys.executable, "-c", f"import sys, time\n{code}"])


@pytest.mark.gx
def test_it_answers_like_great_expectations_in_this_process(
    real: ExpectationsProcess, request_for: ValidationRequest
) -> None:
    """Two requests one after the other get the document that a direct call gets."""
    here = validate_request(request_for) | {"time": ""}
    assert real.validate(request_for, LONG_S) | {"time": ""} == here
    over = replace(request_for, noise_rate=0.06, run_name="second")
    document = real.validate(over, LONG_S)
    assert document["run_name"] == "second"
    assert [e["key"] for e in document["expectations"] if not e["success"]] == ["noise_rate"]


@pytest.mark.gx
def test_a_request_it_cannot_meet_is_an_error(
    real: ExpectationsProcess, request_for: ValidationRequest, tmp_path: Path
) -> None:
    """A table that is not there, or is no table, is named in the error; the process stays usable."""
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 no more than that PAR1")
    with pytest.raises(GateError, match="is not there"):
        real.validate(replace(request_for, scored=str(tmp_path / "none.parquet")), LONG_S)
    with pytest.raises(GateError, match="could not validate"):
        real.validate(replace(request_for, scored=str(broken)), LONG_S)
    assert real.validate(request_for, LONG_S)["run_name"] == "run"


def test_prints_of_libraries_are_no_answers() -> None:
    """What an imported library prints on stdout does not reach the protocol."""
    code = (
        "import os, cl_checks.gx.process as p\n"
        "p._warm_up = lambda: os.system('echo from a subprocess')\n"
        "def answer(line):\n    print('hello', flush=True); return {'document': {'run_name': 'run'}}\n"
        "p._answer = answer; p.main()"
    )
    with stand_in(code) as expectations:
        assert expectations.validate(REQUEST, LONG_S) == {"run_name": "run"}


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (
            "sys.exit('the disk is full')",
            r"ended (without an answer|before it was asked)(?s:.*)the disk is full",
        ),
        ("sys.stdin.readline(); raise ValueError('boom')", r"ended without an answer(?s:.*)ValueError: boom"),
        (
            "sys.stdin.readline(); print('Segmentation fault'); sys.stdin.read()",
            "something else than a document",
        ),
        ("sys.stdin.readline(); print('[]'); sys.stdin.read()", "something else than a document"),
        ("sys.stdin.readline(); print('{}'); sys.stdin.read()", "something else than a document"),
        ("sys.stdin.readline(); print('\"passed\"'); sys.stdin.read()", "something else than a document"),
        (
            "sys.stdin.readline(); print('{\"document\": true}'); sys.stdin.read()",
            "something else than run 'run'",
        ),
        (
            'sys.stdin.readline(); print(\'{"document": {"run_name": "old"}}\'); sys.stdin.read()',
            "than run 'run'",
        ),
        ('sys.stdin.readline(); print(\'{"error": "no memory"}\'); sys.stdin.read()', "no memory"),
    ],
)
def test_a_process_that_breaks_is_an_error(code: str, says: str) -> None:
    """A crash, garbage, an answer about another run: each names what happened, none is a pass."""
    with stand_in(code) as expectations, pytest.raises(GateError, match=says):
        expectations.validate(REQUEST, LONG_S)


def test_a_hang_is_cut_off_and_killed() -> None:
    """A process that neither answers nor ends when told to is gone soon after the time-out."""
    expectations = stand_in("time.sleep(600)")
    expectations.start()
    process = expectations._process
    assert process is not None
    with pytest.raises(GateError, match=r"no answer within 0\.2 s"):
        expectations.validate(REQUEST, 0.2)
    assert process.returncode is not None  # ended and reaped: no zombie


def test_a_failure_leaves_it_usable() -> None:
    """After an error the next request gets a fresh process, not a late answer to the last one."""
    expectations = stand_in("sys.stdin.readline(); time.sleep(600)")
    for _ in range(2):
        with pytest.raises(GateError, match="no answer within"):
            expectations.validate(REQUEST, 0.2)
    expectations.close()


def test_only_the_last_lines_are_shown() -> None:
    """A thousand lines on stderr end up as a screenful."""
    code = "sys.stdin.readline()\nfor i in range(1000): print('line', i, file=sys.stderr)"
    with stand_in(code) as expectations, pytest.raises(GateError) as caught:
        expectations.validate(REQUEST, LONG_S)
    shown = str(caught.value).splitlines()
    assert shown[-1] == "line 999"
    assert len(shown) == 16


def test_it_cannot_be_started() -> None:
    """An interpreter that is not there is an error with a hint, and closing still works."""
    expectations = ExpectationsProcess(["/no/such/python"])
    with pytest.raises(GateError, match="could not be started"):
        expectations.validate(REQUEST, 1)
    expectations.close()


def test_starting_and_closing_twice_does_nothing() -> None:
    """One process, however often it is started; none left, however often it is closed."""
    expectations = stand_in("sys.stdin.read()")
    expectations.start()
    process = expectations._process
    expectations.start()
    assert expectations._process is process
    expectations.close()
    expectations.close()
    assert process is not None
    assert process.returncode is not None


def test_closing_in_the_middle_of_the_import_is_quick() -> None:
    """A run that failed early does not wait for Great Expectations to be imported."""
    expectations = ExpectationsProcess()
    expectations.start()
    time.sleep(0.5)
    begun = time.monotonic()
    expectations.close()
    assert time.monotonic() - begun < 10


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads process states from /proc")
def test_it_dies_with_its_parent(tmp_path: Path) -> None:
    """Even a parent that was killed outright leaves no process behind."""
    note = tmp_path / "pid"
    code = (
        "import sys, time, pathlib\n"
        "from cl_checks.gx.process import ExpectationsProcess\n"
        "e = ExpectationsProcess(); e.start()\n"
        f"pathlib.Path({str(note)!r}).write_text(str(e._process.pid) + '.'); time.sleep(600)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen([sys.executable, "-c", code], env=environment) as parent:
        _wait_until(lambda: note.exists() and note.read_text().endswith("."))
        child = int(note.read_text().rstrip("."))
        assert _runs(child)
        parent.send_signal(signal.SIGKILL)
    _wait_until(lambda: not _runs(child))


def _runs(pid: int) -> bool:
    """Tell whether a process is alive; one that nobody has reaped yet is not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "waited for a minute"
        time.sleep(0.05)


def test_a_request_is_one_line_of_json() -> None:
    """The protocol any stand-in must keep to: one line in, with every field of the request."""
    code = "line = sys.stdin.readline(); import json\n"
    code += "print(json.dumps({'document': json.loads(line)})); sys.stdin.read()"
    odd = replace(REQUEST, run_name="zwölf\nrows", scored="a path/with 'quotes'")
    with stand_in(code) as expectations:
        document = expectations.validate(odd, LONG_S)
    assert document == json.loads(json.dumps(document))
    assert ValidationRequest(**document) == odd
