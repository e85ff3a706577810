"""Gates that run again in a process of their own, started from a page. No page, no gate."""

import json
import secrets
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_PROGRAM = "import sys; from cl_flows.cli import main; main(sys.argv[1:])"
_LOG = 20_000  # characters of it on a page
_MOST_KEPT = 50


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: a run with a verdict, or an error with a hint."""

    run_id: str = ""
    error: str = ""
    hint: str = ""


class Job:
    """One command of labelgate in a process of its own; its files go with it."""

    def __init__(self, run_id: str, arguments: Sequence[str]) -> None:
        self.id = secrets.token_hex(8)
        self.run_id = run_id
        self._folder = TemporaryDirectory(prefix="labelgate-review-", ignore_cleanup_errors=True)
        self._out, self._log = (Path(self._folder.name) / name for name in ("out", "log"))
        with self._out.open("wb") as out, self._log.open("wb") as log:
            # Its own session: Ctrl-C in the server's terminal ends the pages, not a gate.
            self._process = subprocess.Popen(  # noqa: S603 - our own command line
                [sys.executable, "-c", _PROGRAM, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self._process.poll() is None

    @property
    def log(self) -> str:
        """The end of what it tells people."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-_LOG:]

    def outcome(self) -> Outcome:
        """Return what became of it, once it has ended."""
        try:
            told: dict[str, Any] = json.loads(self._out.read_text(encoding="utf-8"))
        except ValueError:
            return Outcome(error=f"the gate ended with exit code {self._process.returncode} and no verdict")
        if "run" in told:
            return Outcome(run_id=str(told["run"]["id"]))
        said = told.get("error") or {}
        return Outcome(error=str(said.get("message", "no verdict")), hint=str(said.get("hint", "")))


class Jobs:
    """The jobs of one server, one at a time for a run; none survives the server, their runs do."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}

    def start(self, run_id: str, arguments: Sequence[str]) -> Job:
        """Start a job, or return the one that is busy with this run."""
        with self._lock:
            for job in self._jobs.values():
                if job.run_id == run_id and job.running:
                    return job
            for old in [one for one in self._jobs.values() if not one.running][:-_MOST_KEPT]:
                del self._jobs[old.id]
            made = Job(run_id, arguments)
            self._jobs[made.id] = made
            return made

    def find(self, job_id: str) -> Job | None:
        """Return a job by its id; None for one of an earlier server."""
        return self._jobs.get(job_id)
