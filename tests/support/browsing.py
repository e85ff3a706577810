"""A review server in a process of its own, and a page of a real browser in front of it."""

import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import httpx

_PROGRAM = "import sys; from cl_flows.cli import main; main(sys.argv[1:])"


@dataclass
class Server:
    """`labelgate review` or `serve` in a process of its own."""

    arguments: tuple[str, ...]
    url: str = ""
    process: subprocess.Popen[str] | None = None

    def start(self, port: int = 0) -> None:
        """Start it and wait until it says its address."""
        command = [sys.executable, "-c", _PROGRAM, *self.arguments, "--port", str(port)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        self.url = next(word.strip(";") for word in line.split() if word.startswith("http")).rstrip("/")
        assert httpx.get(f"{self.url}/healthz").status_code == 200

    def kill(self) -> None:
        """End it as a crash would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()


def opened(browser: Any, url: str, **options: Any) -> tuple[Any, list[str]]:
    """Open a page of its own; collect what it complains about, and what it asks of strangers."""
    page = browser.new_context(**options).new_page()
    complaints: list[str] = []
    home = "/".join(url.split("/")[:3])
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("request", lambda r: complaints.append(r.url) if not r.url.startswith((home, "data:")) else None)
    page.goto(url)
    return page, complaints


def saved(page: Any) -> None:
    """Wait until everything that was decided is on record."""
    from playwright.sync_api import expect

    expect(page.locator(".decided.waiting")).to_have_count(0, timeout=60_000)
