"""Deployed for real: Prometheus scrapes our endpoint, a rule fires, Alertmanager tells a webhook."""

import json
import re
import shutil
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cl_flows.metrics.newest import current_metrics
from cl_flows.outcome import GateResult
from local_servers import QuietHandler, answering
from soak.processes import free_port

PROGRAMS = ("prometheus", "prometheus-alertmanager")
pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(
        not all(map(shutil.which, PROGRAMS)), reason=f"apt-get install {' '.join(PROGRAMS)} brings them"
    ),
]
DEPLOYMENTS = Path(__file__).parents[3] / "deployments"
PATIENCE_S = 60.0


@dataclass
class Webhook:
    """What Alertmanager posted, as (path, alert name, data set, state)."""

    posts: list[tuple[str, str, str, str]] = field(default_factory=list)

    def heard(self, *wanted: str) -> bool:
        """Whether this was posted."""
        return wanted in self.posts


def wait_until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {PATIENCE_S:g} s for {what}")
        time.sleep(0.1)


@contextmanager
def webhook_receiver(port: int) -> Iterator[Webhook]:
    """Take the posts of Alertmanager's webhook receivers."""
    webhook = Webhook()

    class Handler(QuietHandler):
        def post(self) -> None:
            for alert in json.loads(self.body())["alerts"]:
                labels = alert["labels"]
                post = (self.path, labels["alertname"], labels.get("dataset", ""), alert["status"])
                webhook.posts.append(post)
            self.answer(200)

    with answering(Handler, port):
        yield webhook


@contextmanager
def process(log: Path, *command: str) -> Iterator[None]:
    """Run a server until the block is left."""
    with log.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=file) as server:
        try:
            yield
        finally:
            server.terminate()
            server.wait(timeout=30)


def is_up(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own server
            return bool(answer.status == 200)
    except OSError:
        return False


def write_config(name: str, to: Path, **changes: str) -> str:
    """Copy a configuration that we ship, with the addresses of this test and no time to wait."""
    text = (DEPLOYMENTS / "prometheus" / name).read_text(encoding="utf-8")
    for old, new in changes.items():
        assert re.search(old, text), f"{name} has no {old}"
        text = re.sub(old, new, text)
    (to / name).write_text(text, encoding="utf-8")
    return str(to / name)


@dataclass(frozen=True)
class Stack:
    """A running Prometheus and Alertmanager, over the gates in `output`."""

    prometheus: str
    output: Path
    webhook: Webhook

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Ask as a dashboard does; an expression that Prometheus refuses is an error."""
        return self.ask("query", query=expression)["result"]  # type: ignore[no-any-return]

    def ask(self, what: str, **query: str) -> Any:
        """Return the data of one of the API's answers."""
        url = f"{self.prometheus}/api/v1/{what}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - our own server
            told = json.load(answer)
        assert told["status"] == "success"
        return told["data"]


@pytest.fixture(scope="module")
def stack(
    gate: Callable[..., GateResult], tables: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """Start everything as deployments/prometheus says, after one pass and one data set of too few rows."""
    folder = tmp_path_factory.mktemp("stack")
    output = folder / "runs"
    assert gate(tables / "clean.csv", output, "trees").status == "passed"
    few = folder / "few.csv"
    pd.read_csv(tables / "clean.csv").head(30).to_csv(few, index=False)
    assert gate(few, output, 'say "ash"').status == "undecided"
    served, scraped, told, web = (free_port() for _ in range(4))
    base = write_config(
        "prometheus.yml",
        folder,
        **{r"\b60s": "1s", "127.0.0.1:9108": f"127.0.0.1:{served}", "127.0.0.1:9093": f"127.0.0.1:{told}"},
    )
    write_config("labelgate.rules.yml", folder)
    alerts = write_config(
        "alertmanager.yml",
        folder,
        **{
            "group_wait: [0-9]+s": "group_wait: 0s",
            "group_interval: 5m": "group_interval: 1s",
            "9095": str(web),
        },
    )
    program = "from cl_flows.cli import main; main()"
    endpoint = (sys.executable, "-c", program, "metrics", "--serve", str(served), "--output", str(output))
    alertmanager = (
        *("prometheus-alertmanager", f"--config.file={alerts}", f"--storage.path={folder / 'alerts'}"),
        *(f"--web.listen-address=127.0.0.1:{told}", "--cluster.listen-address="),
    )
    prometheus = (
        *("prometheus", f"--config.file={base}", f"--storage.tsdb.path={folder / 'data'}"),
        f"--web.listen-address=127.0.0.1:{scraped}",
    )
    with (
        webhook_receiver(web) as webhook,
        process(folder / "endpoint.log", *endpoint),
        process(folder / "alertmanager.log", *alertmanager),
        process(folder / "prometheus.log", *prometheus),
    ):
        for port in (told, scraped):
            url = f"http://127.0.0.1:{port}/-/ready"
            wait_until(lambda url=url: is_up(url), url)  # type: ignore[misc]
        found = Stack(f"http://127.0.0.1:{scraped}", output, webhook)
        wait_until(lambda: len(found.query("labelgate:noise_rate")) == 2, "the first scrape")
        yield found


def test_a_failed_gate_reaches_the_people_on_call_and_so_does_the_next_pass(
    stack: Stack, gate: Callable[..., GateResult], tables: Path
) -> None:
    """The page comes for the failed data set alone, and is taken back; the undecided one is a ticket."""
    assert not [post for post in stack.webhook.posts if post[0] == "/page"]
    assert gate(tables / "noisy.csv", stack.output, "trees").status == "failed"
    page = ("/page", "LabelgateGateFailed", "trees")
    wait_until(lambda: stack.webhook.heard(*page, "firing"), "the page")
    assert gate(tables / "clean.csv", stack.output, "trees").status == "passed"
    wait_until(lambda: stack.webhook.heard(*page, "resolved"), "the end of the page")
    ticket = ("/ticket", "LabelgateGateUndecided", 'say "ash"', "firing")
    wait_until(lambda: stack.webhook.heard(*ticket), "the ticket")
    paged = {post[1:3] for post in stack.webhook.posts if post[0] == "/page"}
    assert paged - {("LabelgateNoiseRateOverLimit", "trees")} == {page[1:]}
    # An endpoint that works serves all that a scrape stored.
    text = current_metrics(stack.output).decode("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    stored = '{__name__=~"labelgate_.+"}'
    wait_until(lambda: len(stack.query(stored)) == len(lines), f"{len(lines)} series")


def expressions(node: Any) -> Iterator[str]:
    """Find every query in a dashboard, wherever it stands."""
    if isinstance(node, dict):
        if "expr" in node:
            yield node["expr"]
        for value in node.values():
            yield from expressions(value)
    elif isinstance(node, list):
        for value in node:
            yield from expressions(value)


def test_every_query_of_the_dashboard_finds_something(
    stack: Stack, gate: Callable[..., GateResult], tables: Path
) -> None:
    """Each is asked for now and over time, for all data sets and for one with quotes in its name."""
    assert gate(tables / "noisy.csv", stack.output, "trees").status == "failed"
    wait_until(lambda: bool(stack.query('ALERTS{alertname="LabelgateGateFailed"} == 1')), "the alert")
    dashboard = json.loads((DEPLOYMENTS / "grafana" / "labelgate.json").read_text(encoding="utf-8"))
    queries = list(expressions(dashboard))
    assert len(queries) > 20
    for query in queries:
        one = "trees" if '="$dataset"' in query else ".*"
        filled = query.replace("$dataset", one)
        assert "$" not in filled
        assert stack.query(filled), f"nothing for {filled}"
        now = time.time()
        when = {"start": f"{now - 60}", "end": f"{now}", "step": "1"}
        assert stack.ask("query_range", query=filled, **when)["result"], f"nothing over time for {filled}"
        if one == ".*":  # as Grafana escapes a chosen value
            chosen = query.replace("$dataset", r"(say \"ash\")")
            stack.query(chosen)
    (variable,) = (v for v in dashboard["templating"]["list"] if v["type"] == "query")
    metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"]).groups()  # type: ignore[union-attr]
    assert stack.ask(f"label/{label}/values", **{"match[]": metric}) == ['say "ash"', "trees"]
