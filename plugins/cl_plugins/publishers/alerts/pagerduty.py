"""Incidents in PagerDuty by Events API v2: opened when a gate fails, resolved when it passes again."""

from typing import Any

from cl_core.hooks import FinishedRun
from cl_plugins.publishers.alerts.incident import details, incident_key, is_over
from cl_plugins.publishers.alerts.message import line, message_of, news_of, shortened
from cl_plugins.publishers.alerts.options import PagerDutyOptions
from cl_plugins.publishers.post import post_json

_SUMMARY = 1_024


def publish_pagerduty(run: FinishedRun, options: PagerDutyOptions) -> None:
    """Open or resolve the data set's incident; a test opens one of its own and resolves it at once."""
    run = shortened(run, options)
    key = options.routing_key.get_secret_value()
    actions = ["resolve"] if is_over(run) else ["trigger"]
    if news_of(run) == "test":
        actions.append("resolve")
    for action in actions:
        body = pagerduty_event(run, action, severity=options.severity)
        post_json(options.url, {"routing_key": key, **body}, options, secrets=(key,))


def pagerduty_event(run: FinishedRun, action: str, *, severity: str) -> dict[str, Any]:
    """Return the event without its key."""
    event: dict[str, Any] = {"event_action": action, "dedup_key": incident_key(run)}
    if action == "resolve":
        return event
    message = message_of(run)
    weaker = {"undecided": "warning", "test": "info"}
    event["payload"] = {
        "summary": line(f"{message.title}. {message.says}", _SUMMARY),
        "source": f"labelgate:{message.dataset}",
        "severity": weaker.get(message.news, severity),
        "component": message.dataset,
        "class": "label noise",
        "custom_details": details(run),
    }
    if run.finished_at:
        event["payload"]["timestamp"] = run.finished_at
    if message.is_link:
        event["links"] = [{"href": message.link, "text": "Full report"}]
    event["client"] = "labelgate"
    return event
