"""Runs gates in processes of their own, a few at a time, and waits for all. What they decide is theirs."""

import json
import os
import signal
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cl_core.errors import GateError
from cl_flows.config import GateConfig
from cl_flows.many.entry import GateEntry, GatesResult
from cl_flows.many.jobs import Job
from cl_flows.outcome import GateResult

_POLL_S = 0.05
_GRACE_S = 10.0
_MOST_LINES = 3


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the gates run.

    Attributes
    ----------
    context
        The pickled context of the Prefect flow they are subflows of; empty for the direct engine.
    environment
        Variables beside those of this process.
    advisory
        Whether the subflows only tell.
    """

    context: bytes = b""
    environment: Mapping[str, str] | None = None
    advisory: bool = False


@dataclass(frozen=True, slots=True)
class _Going:
    process: "subprocess.Popen[bytes]"
    answer: Path
    said: Path


def run_side_by_side(
    jobs: Sequence[Job],
    *,
    at_once: int,
    told: Callable[[Job, GateEntry], None],
    where: Surroundings | None = None,
) -> GatesResult:
    """Run every job, at most `at_once` at a time; `told` hears of each as soon as it has ended.

    A job that crashes, hangs past its limits, is killed or ends its process is one entry among the others.
    Ctrl-C and whatever `told` raises end the gates that still run, and nothing half-written stays.
    """
    found: dict[int, GateEntry] = {}
    going: dict[int, _Going] = {}
    waiting = list(enumerate(jobs))
    with TemporaryDirectory(prefix="labelgate-gates-") as folder:
        try:
            while waiting or going:
                while waiting and len(going) < at_once:
                    number, job = waiting.pop(0)
                    if isinstance(job.config, GateConfig):
                        beside = Path(folder) / str(number)
                        going[number] = _start(job, job.config, beside, where or Surroundings())
                    else:
                        found[number] = GateEntry.of_error(job.source, job.config)
                        told(job, found[number])
                for number in [n for n, one in going.items() if one.process.poll() is not None]:
                    found[number] = _ended(jobs[number], going.pop(number))
                    told(jobs[number], found[number])
                time.sleep(_POLL_S)
        finally:
            _stop(list(going.values()))
    return GatesResult(tuple(found[number] for number in range(len(jobs))))


def _start(job: Job, config: GateConfig, beside: Path, where: Surroundings) -> _Going:
    answer, said = beside.with_suffix(".json"), beside.with_suffix(".txt")
    order = {
        "source": job.source,
        "name": job.name,
        "config": config.model_dump(mode="json"),
        "context": b64encode(where.context).decode(),
        "advisory": where.advisory,
        "answer": str(answer),
    }
    with said.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "cl_flows.many.child"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env={**os.environ, **(where.environment or {})},
        )
    if process.stdin is not None:
        # By the pipe: the configuration may hold a secret, which belongs in no list of processes.
        with suppress(BrokenPipeError):  # where it has ended already, its last words say why
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
    return _Going(process, answer, said)


def _ended(job: Job, one: _Going) -> GateEntry:
    _close(one)
    if one.answer.exists():
        record = json.loads(one.answer.read_text(encoding="utf-8"))
        result = record.pop("result")
        return GateEntry(**record, result=None if result is None else _result(result))
    code = one.process.returncode
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
    lines = one.said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    words = " | ".join(line.strip() for line in lines[-_MOST_LINES:])
    fault = GateError(
        f"the process of the gate {how} and gave no verdict" + (f": {words}" if words else ""),
        hint="run this gate alone to see more",
    )
    return GateEntry.of_error(job.source, fault)


def _result(record: dict[str, object]) -> GateResult:
    lists = {"warnings", "waivers"}
    return GateResult(**{k: tuple(v) if k in lists else v for k, v in record.items()})  # type: ignore[arg-type]


def _close(one: _Going) -> None:
    if one.process.stdin is not None:
        with suppress(BrokenPipeError):
            one.process.stdin.close()


def _stop(going: Sequence[_Going]) -> None:
    """End the processes that still run: their standard input ends, which they take for Ctrl-C."""
    for one in going:
        _close(one)
    deadline = time.monotonic() + _GRACE_S
    for one in going:
        try:
            one.process.wait(timeout=max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            one.process.kill()
            one.process.wait()
