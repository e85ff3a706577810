"""Where the Prefect engine finds an API: the user's own, or a private server that starts at once.

Prefect's own embedded mode loads the whole server into this process, gives up after 20 seconds and
loses task runs at the end; a process of our own starts while other work goes on.
"""

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO
from urllib.error import URLError
from urllib.request import urlopen

import platformdirs

from cl_core.errors import GateError
from cl_flows.locks import ProcessLock

# A new Prefect home runs over a hundred database migrations: half a minute on a busy machine.
_START_LIMIT_S = 180.0

# Prefect's services take seconds to wind down; what they record is written by then (`prefect_engine`).
_GRACE_S = 1.0


class PrivateServer:
    """A Prefect server for this process alone, on the loopback interface.

    Its database lies under the user's cache folder, so that only the first start pays for the
    migrations and earlier runs stay visible. With `clock` it also starts runs that are due, and
    answers nobody but this process and its children: whoever may start runs may run code.
    """

    def __init__(self, home: Path | None = None, *, clock: bool = False) -> None:
        self.home = home or Path(platformdirs.user_cache_dir("labelgate")) / "prefect"
        self.port = _free_port()
        self._password = f"labelgate:{secrets.token_urlsafe(24)}" if clock else ""
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        # One server at a time may migrate the database.
        self._lock = ProcessLock(self.home / "start.lock")

    @property
    def api_url(self) -> str:
        """Address of the API."""
        return f"http://127.0.0.1:{self.port}/api"

    @property
    def environment(self) -> dict[str, str]:
        """Settings of the server: quiet, local, no telemetry."""
        locked = {"PREFECT_SERVER_API_AUTH_STRING": self._password, "PREFECT_API_AUTH_STRING": self._password}
        return {
            **(locked if self._password else {}),
            "PREFECT_HOME": str(self.home),
            "PREFECT_API_URL": "",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
            "PREFECT_LOGGING_SERVER_LEVEL": "ERROR",
            # The queue of log lines would wait for the server long after it has gone.
            "PREFECT_LOGGING_TO_API_ENABLED": "false",
            "PREFECT_UI_ENABLED": "false",
            "DO_NOT_TRACK": "1",
        }

    def make_home(self) -> None:
        """Make the folder of the server's database."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise GateError(
                f"the Prefect server has no home: {self.home} cannot be made ({error.strerror})",
                hint=f"set XDG_CACHE_HOME to a folder that may be written, or {_HINT}",
            ) from error

    @property
    def _duties(self) -> list[str]:
        return ["--clock"] if self._password else []

    def start(self) -> None:
        """Start the server and return at once; `wait` waits for it."""
        self.make_home()
        if not self._lock.acquire(wait_s=_START_LIMIT_S):
            raise GateError(
                f"another run has been starting a Prefect server for {_START_LIMIT_S:.0f} s", hint=_HINT
            )
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", "cl_flows.server_process", str(self.port), *self._duties],
            env={**os.environ, **self.environment},
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=self._log,
        )

    def wait(self) -> None:
        """Wait until the server answers."""
        deadline = time.monotonic() + _START_LIMIT_S
        while not self._answers():
            if self._process is None or self._process.poll() is not None:
                raise GateError(f"the Prefect server ended at start: {self._last_words()}", hint=_HINT)
            if time.monotonic() > deadline:
                raise GateError(
                    f"the Prefect server did not answer within {_START_LIMIT_S:.0f} s", hint=_HINT
                )
            time.sleep(0.05)
        self._lock.release()

    def stop(self) -> None:
        """End the server and wait for its end."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            try:
                self._process.wait(timeout=_GRACE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._log is not None:
            self._log.close()
        self._lock.release()

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.api_url}/health", timeout=2) as answer:  # noqa: S310 - our own loopback URL
                return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's OK
        except (URLError, OSError):
            return False

    def _last_words(self) -> str:
        if self._log is None:
            return ""
        self._log.seek(0)
        return " | ".join(self._log.read().decode(errors="replace").splitlines()[-3:])


_HINT = "run with --engine direct, which needs no server, or point PREFECT_API_URL at one that runs"


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def starting_server() -> Iterator[PrivateServer | None]:
    """Start a private server unless the user has an API; the block goes on while it starts."""
    if os.environ.get("PREFECT_API_URL"):
        yield None
        return
    server = PrivateServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()
