"""A finished run that failed, with texts that mean harm, and HTTP receivers with faults to order."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from cl_core import ConfusedPair, Failed, FinishedRun, Judgement, NoiseEstimate, Passed, SuspectRow, Telling
from cl_core.telling import News
from local_servers import QuietHandler, answering

HARM = (
    "<!channel> <script>alert(1)</script> [x](http://evil) *b* @everyone\r\nBcc: all@example.com \u202e&amp;"
)


@dataclass
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Receiver:
    """A server on this machine that answers as ordered, then with `status`."""

    url: str
    status: int = 200
    answer: bytes | None = None
    orders: list[Any] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)


class _Handler(QuietHandler):
    receiver: Receiver

    def post(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.receiver.received.append(Received(self.path, dict(self.headers.items()), body))
        order = self.receiver.orders.pop(0) if self.receiver.orders else self.receiver.status
        if order == "hang":
            time.sleep(1.5)
            return
        if order == "reset":
            self.connection.close()
            return
        status, headers = order if isinstance(order, tuple) else (order, {})
        said = self.receiver.answer
        if said is None:
            said = f"you sent {self.path}".encode()  # a service that quotes the secret back
        self.answer(status, said, **headers)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Start a receiver; its address has a path that is a secret."""
    found = Receiver("")
    with answering(type("Handler", (_Handler,), {"receiver": found})) as address:
        found.url = f"{address}/services/s3cr3t-path"
        yield found


@pytest.fixture
def finished(tmp_path: Path) -> Callable[..., FinishedRun]:
    """Make a finished run of the news asked for."""
    return lambda news="failed", **changes: replace(_run(tmp_path, news), **changes)


def _run(folder: Path, news: News) -> FinishedRun:
    kind = Passed if news in ("recovered", "passed") else Failed
    verdict = kind(
        "LN001", "noise-budget", "8.1% of labels are wrong, limit 5.0%", 0.081, 0.05, "look at rows"
    )
    return FinishedRun(
        run_id="20260101-000000-abcdef",
        dataset="trees",
        judgement=Judgement(verdict, (verdict,)),
        noise=NoiseEstimate(0.081, 0.062, 0.104, 0.95, "auto", 1_000),
        folder=folder,
        markdown="# trees\n",
        limit=0.05,
        n_rows=1_000,
        n_flagged=79,
        pairs=(ConfusedPair("ash", "birch", 31), ConfusedPair("birch", "cedar", 12)),
        suspects=tuple(SuspectRow(f"t{i}", "ash", "birch") for i in range(10)),
        since="4.0% in run 20251231-000000-aaaaaa; difference +4.1%",
        next_steps=("look at the flagged rows",),
        report="https://gates.example.com/20260101-000000-abcdef",
        finished_at="2026-01-01T00:00:00.000+00:00",
        version="0.1.0",
        telling=Telling(news, "passed"),
    )


@pytest.fixture
def harmful(finished: Callable[..., FinishedRun]) -> FinishedRun:
    """Make a run whose every text means harm, and is long."""
    text = HARM + "é" * 5_000
    verdict = Failed("LN001", "noise-budget", text, 0.081, 0.05, text)
    return finished(
        dataset=text,
        judgement=Judgement(verdict, (verdict,)),
        pairs=(ConfusedPair(text, text, 3),) * 3,
        suspects=(SuspectRow(text, text, text),) * 10,
        since=text,
        next_steps=(text,) * 9,
        telling=Telling("failed", "passed", (text,) * 5),
    )
