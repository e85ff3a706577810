"""Server and worker as processes that can be killed, started again and looked for afterwards."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

# Every process of a soak has this variable, and hands it on: what is left over is found by it.
MARK, ROLE = "SOAK_MARK", "SOAK_ROLE"
_PATIENCE_S = 180.0


@dataclass
class Child:
    """A command that runs until it is stopped, with its output in a file.

    Attributes
    ----------
    role
        What it is for; each start has a role of its own.
    arguments
        Of ``python -m prefect``.
    """

    role: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    logs: Path
    starts: int = 0
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def log(self) -> str:
        """Everything that it and its children have written."""
        files = sorted(self.logs.glob(f"{self.role}-*.log"))
        return "".join(file.read_text(encoding="utf-8", errors="replace") for file in files)

    def start(self) -> None:
        """Start it, in a session of its own, so that no signal of ours reaches it by chance."""
        self.starts += 1
        name = f"{self.role}-{self.starts}"
        with (self.logs / f"{name}.log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "prefect", *self.arguments],
                env={**self.environment, ROLE: name},
                cwd=self.logs,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End this process, and none of its children, with -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def kill_all(self) -> None:
        """End it and every process under it with -9, as a machine does that loses its power."""
        name = f"{self.role}-{self.starts}"
        for _ in range(50):
            found = marked(ROLE, name)
            for pid in found:
                _kill(pid)
            if self.process is not None:
                self.process.poll()
            if not found:
                return
            time.sleep(0.05)

    def stop(self) -> None:
        """End it as an operator does; with -9 when it does not listen."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=45)
        except subprocess.TimeoutExpired:
            self.kill_all()
            self.process.wait()


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def marked(variable: str, value: str) -> dict[int, str]:
    """Return the processes that have an environment variable of that value, with their command lines."""
    wanted = os.fsencode(f"{variable}={value}")
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (process / "environ").read_bytes().split(b"\0"):
                found[int(process.name)] = (process / "cmdline").read_text().replace("\0", " ").strip()
        except OSError:  # it has just ended, or belongs to somebody else
            continue
    return found


def free_port() -> int:
    """Return a port of the loopback interface on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_api(api: str) -> None:
    """Wait until a Prefect server answers."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        try:
            with urlopen(f"{api}/health", timeout=2) as answer:  # noqa: S310 - our own loopback URL
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"no Prefect server answered at {api} within {_PATIENCE_S:.0f} s")
