"""Alerts over HTTP: what services take, what they refuse, and when to try again."""

import json
import logging
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cl_core import ConfigError, FinishedRun, PluginError, Publisher, Telling
from cl_core.testing import check_publisher
from cl_plugins.builtin import labelgate_publishers
from cl_plugins.publishers.alerts.message import message_of
from cl_plugins.publishers.alerts.slack import slack_payload
from cl_plugins.publishers.alerts.teams import teams_payload
from cl_plugins.publishers.alerts.webhook import signature, webhook_payload

# Apprise imports every service, and one of them what Python 3.13 has no more.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

Make = Callable[..., FinishedRun]
KEY = "k3y-that-nobody-may-see"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test wait as long as a real destination may ask for."""
    monkeypatch.setattr("cl_plugins.backends.served.patience._FIRST_WAIT_S", 0.01)


def _publisher(name: str) -> Publisher:
    return next(one for one in labelgate_publishers() if one.name == name)


def _send(name: str, run: FinishedRun, **options: Any) -> None:
    publisher = _publisher(name)
    publisher.publish(run, publisher.options.model_validate(options))


def _options(name: str, url: str) -> dict[str, Any]:
    each: dict[str, dict[str, Any]] = {
        "slack": {"webhook_url": url},
        "teams": {"webhook_url": url},
        "webhook": {"url": url, "secret": KEY},
        "pagerduty": {"url": url, "routing_key": KEY},
        "opsgenie": {"url": url, "api_key": KEY},
        "apprise": {"urls": [url.replace("http://", "json://")]},
    }
    return each[name]


HTTP = ("slack", "teams", "webhook", "pagerduty", "opsgenie")
ALL = (*HTTP, "apprise")


@pytest.mark.parametrize("name", ALL)
def test_each_keeps_the_contract_of_publishers(name: str, receiver: Any) -> None:
    """A publisher tells of a run that says no more than it must, and returns nothing."""
    check_publisher(_publisher(name), _options(name, receiver.url))
    assert receiver.received


@pytest.mark.parametrize("name", HTTP)
def test_passing_errors_are_tried_again(name: str, receiver: Any, finished: Make) -> None:
    """Two answers of 500, and one that asks for patience, do not lose the alert; it is taken once."""
    receiver.orders = [500, 500, (429, {"Retry-After": "0"}), "reset"]
    _send(name, finished(), **_options(name, receiver.url), retries=5)
    assert len(receiver.received) == 5
    assert len({one.body for one in receiver.received}) == 1


@pytest.mark.parametrize("name", HTTP)
@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 410])
def test_a_refusal_is_final(name: str, status: int, receiver: Any, finished: Make) -> None:
    """Asking again would not help, nothing follows a redirect, and the address and key stay unsaid."""
    receiver.orders = [(status, {"Location": "/elsewhere"})]
    with pytest.raises(ConfigError, match=f"status {status}") as caught:
        _send(name, finished(), **_options(name, receiver.url))
    assert len(receiver.received) == 1
    assert "s3cr3t" not in str(caught.value)
    assert KEY not in str(caught.value)


def test_tries_have_an_end(receiver: Any, finished: Make) -> None:
    """A service that stays broken is given up, by number of tries, time, and the wait it asks for."""
    receiver.status = 503
    options = _options("slack", receiver.url)
    with pytest.raises(PluginError, match="after 3 tries"):
        _send("slack", finished(), **options, retries=2)
    receiver.orders = [(429, {"Retry-After": "3600"})]
    with pytest.raises(PluginError, match="after 1 tries"):
        _send("slack", finished(), **options)
    receiver.orders = ["hang"]
    with pytest.raises(PluginError, match="ReadTimeout"):
        _send("slack", finished(), **options, retries=0, timeout_s=0.1)


@pytest.mark.parametrize("name", ALL)
def test_no_log_holds_a_secret(
    name: str, receiver: Any, finished: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """Also not where HTTP libraries log addresses and headers, on success and on failure."""
    caplog.set_level(logging.DEBUG)
    _send(name, finished(), **_options(name, receiver.url))
    receiver.orders = [404]
    with pytest.raises((ConfigError, PluginError)) as caught:
        _send(name, finished(), **_options(name, receiver.url))
    told = caplog.text + str(caught.value) + repr(caught.value.__cause__)
    assert "s3cr3t" not in told
    assert KEY not in told


def test_slack_gets_blocks_within_its_limits(harmful: FinishedRun, finished: Make) -> None:
    """No mention, link or mark of the data is more than text, however long the texts are."""
    for run in (harmful, finished()):
        payload = slack_payload(message_of(run))
        assert len(payload["blocks"]) <= 50
        assert payload["blocks"][0]["type"] == "header"
        assert 0 < len(payload["blocks"][0]["text"]["text"]) <= 150
        for block in payload["blocks"]:
            assert 0 < len(block["text"]["text"]) <= 3_000
            if block["text"]["type"] == "mrkdwn":
                assert block["text"]["text"].startswith("<https://gates.example.com/")
            else:
                assert "<" not in block["text"]["text"]
        assert "<" not in payload["text"]


def test_slack_says_all_there_is_to_say(finished: Make) -> None:
    """Data set, verdict, rate with interval and limit, the change, pairs, suspects, next step, link."""
    told = json.dumps(slack_payload(message_of(finished())), ensure_ascii=False)
    for words in (
        "trees",
        "8.10% (95% interval 6.20% to 10.40%), limit 5.00%",
        "difference +4.1%",
        "ash → birch: 31 rows",
        "t9: ash → birch",
        "look at the flagged rows",
        "https://gates.example.com/20260101-000000-abcdef|Full report",
    ):
        assert words in told


# The part of Microsoft's schema of Adaptive Cards 1.4 that these cards use; nothing else may be in them.
_RUN = {
    "type": "object",
    "required": ["type", "text"],
    "properties": {
        "type": {"const": "TextRun"},
        "text": {"type": "string", "minLength": 1},
        "size": {"enum": ["Default", "Small", "Medium", "Large", "ExtraLarge"]},
        "weight": {"enum": ["Default", "Lighter", "Bolder"]},
        "color": {"enum": ["Default", "Dark", "Light", "Accent", "Good", "Warning", "Attention"]},
    },
    "additionalProperties": False,
}
_BLOCK = {
    "type": "object",
    "required": ["type", "inlines"],
    "properties": {
        "type": {"const": "RichTextBlock"},
        "inlines": {"type": "array", "minItems": 1, "items": _RUN},
    },
    "additionalProperties": False,
}
_ACTION = {
    "type": "object",
    "required": ["type", "url"],
    "properties": {
        "type": {"const": "Action.OpenUrl"},
        "title": {"type": "string"},
        "url": {"type": "string", "pattern": "^https?://"},
    },
    "additionalProperties": False,
}
CARD = {
    "type": "object",
    "required": ["type", "version", "body"],
    "properties": {
        "$schema": {"type": "string"},
        "type": {"const": "AdaptiveCard"},
        "version": {"const": "1.4"},
        "body": {"type": "array", "items": _BLOCK},
        "actions": {"type": "array", "items": _ACTION},
    },
    "additionalProperties": False,
}


def test_teams_gets_a_card_within_its_limits(harmful: FinishedRun, finished: Make) -> None:
    """The card is valid, holds no Markdown, and stays under 28 KB, however long the texts are."""
    for run in (harmful, finished(), finished(report="/somewhere/report.html")):
        payload = teams_payload(message_of(run))
        (attached,) = payload["attachments"]
        assert attached["contentType"] == "application/vnd.microsoft.card.adaptive"
        Draft202012Validator(CARD).validate(attached["content"])
        assert len(json.dumps(payload, ensure_ascii=False).encode()) < 28_000


def test_pagerduty_opens_and_resolves_one_incident(receiver: Any, finished: Make) -> None:
    """Failed triggers, undecided is a warning, recovered resolves by the same key, a test leaves none."""
    for news in ("failed", "undecided", "recovered", "test"):
        _send("pagerduty", finished(news), **_options("pagerduty", receiver.url))
    sent = [one.json for one in receiver.received]
    assert [one["event_action"] for one in sent] == ["trigger", "trigger", "resolve", "trigger", "resolve"]
    assert {one["routing_key"] for one in sent} == {KEY}
    assert [one["dedup_key"] for one in sent] == ["labelgate:trees"] * 3 + ["labelgate-test:trees"] * 2
    for one in sent[:2] + sent[3:4]:
        assert {"summary", "source", "severity"} <= set(one["payload"])
    assert [one["payload"]["severity"] for one in sent if "payload" in one] == ["error", "warning", "info"]


def test_pagerduty_events_keep_to_the_limits(receiver: Any, harmful: FinishedRun) -> None:
    """Summaries have 1,024 characters at most, keys 255, events 512 KB."""
    _send("pagerduty", harmful, **_options("pagerduty", receiver.url))
    event = receiver.received[0].json
    assert len(event["payload"]["summary"]) <= 1_024
    assert len(event["dedup_key"]) <= 255
    assert len(receiver.received[0].body) < 512_000


def test_opsgenie_opens_and_closes_one_alert(receiver: Any, finished: Make, harmful: FinishedRun) -> None:
    """The alias is the data set's; the key travels in the header only; texts keep to the limits."""
    for run in (finished(), finished("recovered"), harmful):
        _send("opsgenie", run, **_options("opsgenie", receiver.url))
    opened, closed, long = receiver.received
    assert opened.json["alias"] == "labelgate:trees"
    assert closed.path.endswith("/labelgate%3Atrees/close?identifierType=alias")
    assert {one.headers["Authorization"] for one in receiver.received} == {f"GenieKey {KEY}"}
    assert len(long.json["message"]) <= 130
    assert len(long.json["alias"]) <= 512
    assert len(long.json["description"]) <= 15_000
    assert sum(len(k) + len(v) for k, v in long.json["details"].items()) <= 8_000


def test_webhook_bodies_are_valid_and_signed(receiver: Any, finished: Make, harmful: FinishedRun) -> None:
    """A receiver can hold the body against the published schema and the signature against its key."""
    schema = json.loads((files("cl_plugins.publishers.alerts") / "webhook.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    for run in (finished(), finished("recovered"), harmful, finished(telling=None)):
        Draft202012Validator(schema).validate(webhook_payload(run))
    options = {**_options("webhook", receiver.url), "headers": {"X-Team": "labels"}}
    for _ in range(2):
        _send("webhook", finished(), **options)
    first, second = receiver.received
    proof = signature(KEY, first.headers["X-Labelgate-Timestamp"], first.body)
    assert first.headers["X-Labelgate-Signature"] == f"sha256={proof}"
    assert first.headers["X-Team"] == "labels"
    assert first.headers["X-Labelgate-Delivery"] == second.headers["X-Labelgate-Delivery"]


def test_apprise_sends_to_each_address_and_names_the_one_that_fails(receiver: Any, finished: Make) -> None:
    """A dead address does not keep the others from hearing; errors give its number, never the address."""
    good = receiver.url.replace("http://", "json://")
    with pytest.raises(PluginError, match=r"urls\[0\]$") as caught:
        _send("apprise", finished(), urls=["json://127.0.0.1:9/s3cr3t-path", good])
    assert "s3cr3t" not in str(caught.value)
    assert "Label gate failed: trees" in receiver.received[0].json["title"]
    with pytest.raises(ConfigError, match="no address that Apprise knows"):
        _send("apprise", finished(), urls=["nosuchservice"])


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("slack", {"webhook_url": "hooks.slack.com/services/x"}),
        ("slack", {"webhook_url": "https://hooks.slack.com/a b\nc"}),
        ("teams", {"webhook_url": ""}),
        ("opsgenie", {"api_key": "a\r\nX-Other: b"}),
        ("webhook", {"url": "https://x.example", "headers": {"X Team": "labels"}}),
        ("webhook", {"url": "https://x.example", "secret": "short"}),
        ("email", {"host": "h", "sender": "a@b.c\r\nBcc: d@e.f", "recipients": ["x@y.z"]}),
        ("email", {"host": "h", "sender": "a@b.c", "recipients": []}),
        (
            "email",
            {"host": "h", "sender": "a@b.c", "recipients": ["x@y.z"], "username": "u", "password": "p"}
            | {"security": "none"},
        ),
    ],
)
def test_options_that_could_not_work_are_refused(name: str, options: dict[str, Any]) -> None:
    """Before anything runs: no address, line ends in headers, a password without encryption."""
    with pytest.raises(ValueError, match="validation error"):
        _publisher(name).options.model_validate(options)


def test_a_late_word_says_what_was_missed(finished: Make) -> None:
    """A message after others got lost names the runs that it stands for."""
    telling = Telling(
        "recovered", "passed", ("run 20251231 failed at 2025-12-31T00:00Z: the network was down",)
    )
    told = json.dumps(slack_payload(message_of(finished("recovered", telling=telling))))
    assert "Not told before" in told
    assert "20251231 failed" in told


@pytest.mark.parametrize("name", ALL)
def test_ids_stay_in_the_house_where_people_say_so(name: str, receiver: Any, finished: Make) -> None:
    """`suspects: 0` names no row, whatever the service."""
    _send(name, finished(), **_options(name, receiver.url), suspects=0)
    told = b"".join(one.body for one in receiver.received)
    assert b"ash" in told
    assert b"t9" not in told


def test_a_gate_that_cannot_fail_does_not_read_as_a_pass(finished: Make) -> None:
    """Reports only: the title says so."""
    run = finished("passed")
    run = finished("passed", judgement=replace(run.judgement, reporting_only=True))
    assert message_of(run).title == "Label gate reports only: trees"


def test_a_key_is_hidden_without_the_word_before_it(receiver: Any, finished: Make) -> None:
    """A service quotes the key of `Bearer KEY`, or the login as HTTP writes it."""
    login = b64encode(f"gate:{KEY}".encode()).decode()
    receiver.status, receiver.answer = 403, f"no {KEY}, no {login}".encode()
    url = receiver.url.replace("http://", f"http://gate:{KEY}@")
    for options in ({"url": receiver.url, "headers": {"Authorization": f"Bearer {KEY}"}}, {"url": url}):
        with pytest.raises(ConfigError, match="status 403: 'no") as caught:
            _send("webhook", finished(), **options)
        assert KEY not in str(caught.value)
    assert login not in str(caught.value)
    assert receiver.received[1].headers["Authorization"] == f"Basic {login}"
