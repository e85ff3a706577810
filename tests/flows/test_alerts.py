"""Alerts of real gates: once for each change, never at the cost of the verdict, and without secrets."""

import json
import logging
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from cl_core import ConfigError, Publisher
from cl_core.plugins import load_plugins
from cl_flows.cli import main
from cl_flows.config import GateConfig, make_config
from cl_flows.direct import run_direct
from cl_flows.outcome import GateResult
from local_servers import QuietHandler, answering
from trees import tree_gate

SECRET = secrets.token_urlsafe(16)


@dataclass
class Receiver:
    """A server that takes alerts, or answers with `status`."""

    url: str
    status: int = 200
    received: list[Any] = field(default_factory=list)

    @property
    def news(self) -> list[str]:
        """What was told, in order."""
        return [one["news"] for one in self.received]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Start a receiver whose address is a secret, which it quotes when it refuses."""
    found = Receiver("")

    class Handler(QuietHandler):
        def post(self) -> None:
            body = json.loads(self.body())
            if found.status == 200:
                found.received.append(body)
            self.answer(found.status, f"no such hook {self.path} {SECRET}".encode())

    with answering(Handler) as address:
        found.url = f"{address}/hooks/{SECRET}"
        yield found


Gate = Callable[..., GateResult]


@pytest.fixture
def raw(tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Write the gate of one data set, whose alerts take the address from the environment."""
    monkeypatch.setenv("ALERT_URL", receiver.url)
    alert = {"publisher": "webhook", "url": "${ALERT_URL}", "retries": 0}
    raw = tree_gate(tmp_path / "trees.csv", tmp_path / "out")
    raw["output"]["report_url"] = "https://gates.example.com/{run_id}"
    return {**raw, "publish": [alert]}


@pytest.fixture
def gate(tables: Path, tmp_path: Path, raw: dict[str, Any]) -> Gate:
    """Gate the data set in the state asked for."""

    def run(state: str) -> GateResult:
        shutil.copy(tables / f"{state}.csv", tmp_path / "trees.csv")
        return run_direct(make_config(raw, "test"))

    return run


def _delivery(result: GateResult) -> Any:
    (one,) = json.loads((Path(result.folder) / "deliveries.json").read_text())
    return one


def test_a_change_is_told_once_and_so_is_the_recovery(gate: Gate, receiver: Receiver) -> None:
    """Pass, fail, fail, pass: an alert, nothing, and word that it is over."""
    results = [gate(state) for state in ("clean", "noisy", "noisy", "clean")]
    assert [result.status for result in results] == ["passed", "failed", "failed", "passed"]
    assert receiver.news == ["failed", "recovered"]
    assert [_delivery(result)["news"] for result in results] == [
        "no change",
        "failed",
        "no change",
        "recovered",
    ]
    alert = receiver.received[0]
    assert alert["dataset"] == "trees"
    assert results[0].run_id in alert["since"]
    assert len(alert["pairs"]) == 3
    assert len(alert["suspects"]) == 10
    assert alert["report"] == f"https://gates.example.com/{results[1].run_id}"


def test_a_delivery_that_fails_changes_no_verdict_and_is_told_by_the_next_run(
    gate: Gate,
    receiver: Receiver,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is on record without the secret that the service quotes, in files, logs and history."""
    caplog.set_level(logging.DEBUG)
    receiver.status = 404
    result = gate("noisy")
    assert result.status == "failed"
    delivery = _delivery(result)
    assert (delivery["delivered"], "status 404" in delivery["problem"]) == (False, True)
    with pytest.raises(SystemExit):
        main(["report", "--output", str(tmp_path / "out")])
    assert "not told: webhook: http://127.0.0.1 refused the alert with status 404" in capsys.readouterr().err
    receiver.status = 200
    assert _delivery(gate("noisy"))["delivered"]
    assert receiver.news == ["failed"]
    assert "status 404" in receiver.received[0]["missed"][0]
    _nowhere(SECRET, tmp_path / "out")
    assert SECRET not in caplog.text


def _nowhere(secret: str, folder: Path) -> None:
    """Look into every byte below `folder`."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if secret.encode() in path.read_bytes()] == []


_DIES = """
import os, signal, sys
from pathlib import Path
import cl_flows.publish, cl_flows.telling
from cl_flows.config import load_config
from cl_flows.direct import run_direct
module, name = sys.argv[2].rsplit(".", 1)
setattr(sys.modules[module], name, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
run_direct(load_config(Path(sys.argv[1])))
"""


def _killed_at(step: str, raw: dict[str, Any], folder: Path) -> None:
    """Run the gate in a process of its own that is killed when it comes to `step`."""
    config = folder / "gate.yaml"
    config.write_text(yaml.safe_dump(raw))
    died = subprocess.run([sys.executable, "-c", _DIES, str(config), step], check=False)
    assert died.returncode == -signal.SIGKILL


def test_a_process_killed_between_verdict_and_alert_loses_none(
    gate: Gate, raw: dict[str, Any], receiver: Receiver, tables: Path, tmp_path: Path
) -> None:
    """The next run tells what the killed one owed, though it passes, and the one after that nothing."""
    shutil.copy(tables / "noisy.csv", tmp_path / "trees.csv")
    _killed_at("cl_flows.publish.tell", raw, tmp_path)
    assert receiver.received == []
    gate("clean")
    gate("clean")
    assert receiver.news == ["recovered"]
    assert "failed" in receiver.received[0]["missed"][0]


def test_a_process_killed_while_it_tells_is_told_again_as_such(
    gate: Gate, raw: dict[str, Any], receiver: Receiver, tables: Path, tmp_path: Path
) -> None:
    """Nobody can know whether the message arrived; the next run says so, once."""
    shutil.copy(tables / "noisy.csv", tmp_path / "trees.csv")
    _killed_at("cl_flows.telling.settle", raw, tmp_path)
    gate("noisy")
    gate("noisy")
    assert receiver.news == ["failed", "failed"]
    assert "may have arrived" in receiver.received[1]["missed"][0]


def test_secrets_in_plain_sight_are_hidden_in_reports(gate: Gate, raw: dict[str, Any]) -> None:
    """Also those within lists and headers; what only names a secret stays."""
    raw["publish"][0] |= {"headers": {"X-Key": f"plain-{SECRET}", "X-Other": "${ALERT_URL}"}}
    report = json.loads((Path(gate("clean").folder) / "report.json").read_text())
    (shown,) = report["settings"]["publish"]
    assert shown["headers"] == {"X-Key": "**********", "X-Other": "${ALERT_URL}"}
    assert shown["url"] == "${ALERT_URL}"


def test_an_error_that_no_file_can_hold_changes_no_verdict(
    gate: Gate, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a character and a NUL in what went wrong: on record without them, owed, and told later."""

    def shout(*_: Any, **__: Any) -> None:
        raise RuntimeError("no \udcff, no \0")

    with monkeypatch.context() as broken:
        broken.setattr("cl_plugins.publishers.alerts.webhook.post_bytes", shout)
        result = gate("noisy")
    assert (result.status, _delivery(result)["delivered"]) == ("failed", False)
    gate("noisy")
    assert "no \ufffd, no \ufffd" in receiver.received[0]["missed"][0]


def test_two_gates_that_end_together_alert_once(
    gate: Gate, raw: dict[str, Any], receiver: Receiver, tables: Path, tmp_path: Path
) -> None:
    """Four runs at once of a data set that fails are one piece of news."""
    gate("clean")
    # Written once, before any of them reads: `gate` would write it under the others' eyes.
    shutil.copy(tables / "noisy.csv", tmp_path / "trees.csv")
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(run_direct, [make_config(raw, "test")] * 4))
    assert {result.status for result in results} == {"failed"}
    assert receiver.news == ["failed"]
    assert sum(_delivery(result)["delivered"] for result in results) == 1


def test_a_destination_may_hear_of_every_run(gate: Gate, raw: dict[str, Any], receiver: Receiver) -> None:
    """`when` in gate.yaml stands over the publisher's own."""
    raw["publish"][0]["when"] = "always"
    for state in ("clean", "noisy", "noisy"):
        gate(state)
    assert receiver.news == ["passed", "failed", "failed"]
    raw["publish"][0]["when"] = "sometimes"
    with pytest.raises(ConfigError, match="sometimes"):
        gate("clean")


def test_secrets_of_prefect_blocks_show_nowhere(
    raw: dict[str, Any],
    receiver: Receiver,
    tables: Path,
    tmp_path: Path,
    prefect_server: Any,
    prefect_api: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The block's value is used; run parameters, the server's database, files and logs do not hold it."""
    from prefect.blocks.system import Secret

    from cl_flows.gate import label_gate
    from cl_flows.outcome import GateFailed

    assert prefect_api
    caplog.set_level(logging.DEBUG, "httpx")
    Secret(value=receiver.url).save("alert-url")
    shutil.copy(tables / "noisy.csv", tmp_path / "trees.csv")
    raw["publish"][0]["url"] = "prefect:secret/alert-url"
    with pytest.raises(GateFailed):
        label_gate(make_config(raw, "test"))
    assert receiver.news == ["failed"]
    receiver.status = 410
    raw["publish"][0]["when"] = "failing"
    with pytest.raises(GateFailed) as failed:
        label_gate(make_config(raw, "test"))
    assert "status 410" in _delivery(failed.value.result)["problem"]
    _nowhere(SECRET, tmp_path / "out")
    _nowhere(SECRET, prefect_server.home)
    assert SECRET not in caplog.text

    raw["publish"][0]["url"] = "prefect:secret/no-such-block"
    with pytest.raises(ConfigError, match="no Secret block of that name"):
        label_gate(make_config(raw, "test"))


def test_without_prefect_its_secrets_are_refused_before_anything_is_read(gate: Gate, raw: Any) -> None:
    """No server is started to look for a block that it could not have."""
    raw["publish"][0]["url"] = "prefect:secret/alert-url"
    with pytest.raises(ConfigError, match="no Prefect API is configured"):
        gate("clean")
    raw["publish"][0]["url"] = "prefect:secret/No Block"
    with pytest.raises(ConfigError, match="names no Secret block"):
        gate("clean")


def test_a_set_up_can_be_tried(
    raw: dict[str, Any], receiver: Receiver, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`labelgate alert test` sends a marked message; a refusal makes the exit code, without the secret."""
    config = tmp_path / "gate.yaml"
    config.write_text(yaml.safe_dump(raw))
    with pytest.raises(SystemExit) as left:
        main(["alert", "test", "webhook", "--config", str(config)])
    assert (left.value.code, receiver.news) == (0, ["test"])
    receiver.status = 404
    with pytest.raises(SystemExit) as left:
        main(["alert", "test", "--config", str(config)])
    assert left.value.code == 2
    with pytest.raises(SystemExit) as left:
        main(["alert", "test", "slack", "--config", str(config)])
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert "webhook: sent" in said
    assert "status 404" in said
    assert "nobody called 'slack'" in said
    assert SECRET not in said


PAGE = Path(__file__).parents[2] / "docs" / "alerts.md"


def test_every_example_of_the_page_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each YAML block of docs/alerts.md names publishers and options that there are."""
    registry = load_plugins()
    seen = set()
    monkeypatch.setattr("cl_flows.secrets._from_prefect", lambda *_: "https://example.com/hook")
    for name in ("SLACK_WEBHOOK", "TEAMS_WEBHOOK", "ALERT_URL"):
        monkeypatch.setenv(name, "https://example.com/hook")
    for name in ("SMTP_PASSWORD", "PAGERDUTY_KEY", "OPSGENIE_KEY", "ALERT_SECRET", "NTFY_URL"):
        monkeypatch.setenv(name, "ntfys://example.com/topic")
    for block in _blocks(PAGE.read_text(encoding="utf-8")):
        base = {"data": {"path": "x.csv"}, "gate": {"max_noise_rate": 0.05}}
        config: GateConfig = make_config({**base, **block}, "docs/alerts.md")
        for section in config.publish:
            from cl_flows.plugin_options import make_options

            publisher = registry.find(Publisher, section.publisher)
            make_options(publisher, section.options, Path(), "publish", registry)
            seen.add(section.publisher)
    assert seen == {one.name for one in registry.all(Publisher) if one.when == "change"}


def _blocks(page: str) -> Iterator[dict[str, Any]]:
    for part in page.split("```yaml\n")[1:]:
        yield yaml.safe_load(part.split("```")[0])
