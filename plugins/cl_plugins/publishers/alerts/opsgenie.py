"""Alerts in Opsgenie by its Alert API: opened when a gate fails, closed when it passes again."""

from typing import Any
from urllib.parse import quote

from cl_core.hooks import FinishedRun
from cl_plugins.publishers.alerts.incident import details, incident_key, is_over
from cl_plugins.publishers.alerts.message import line, message_of, news_of, shortened
from cl_plugins.publishers.alerts.options import OpsgenieOptions
from cl_plugins.publishers.alerts.plain import as_text
from cl_plugins.publishers.post import post_json

_MESSAGE, _DESCRIPTION, _DETAIL = 130, 15_000, 1_000
_SOURCE = "labelgate"


def publish_opsgenie(run: FinishedRun, options: OpsgenieOptions) -> None:
    """Open or close the data set's alert; a test opens one of its own and closes it at once."""
    run = shortened(run, options)
    headers = {"Authorization": f"GenieKey {options.api_key.get_secret_value()}"}
    secrets = (options.api_key.get_secret_value(),)
    if not is_over(run):
        post_json(options.url, opsgenie_alert(run, options), options, headers=headers, secrets=secrets)
    if is_over(run) or news_of(run) == "test":
        alias = quote(incident_key(run), safe="")
        close = f"{options.url.rstrip('/')}/{alias}/close?identifierType=alias"
        note = {"source": _SOURCE, "note": line(message_of(run).says, _DETAIL)}
        post_json(close, note, options, headers=headers, secrets=secrets)


def opsgenie_alert(run: FinishedRun, options: OpsgenieOptions) -> dict[str, Any]:
    """Return the alert."""
    message = message_of(run)
    weaker = {"undecided": "P4", "test": "P5"}
    alert: dict[str, Any] = {
        "message": line(message.title, _MESSAGE),
        "alias": incident_key(run),
        "description": as_text(message)[:_DESCRIPTION],
        "details": {name: line(value, _DETAIL) for name, value in details(run).items()},
        "entity": message.dataset,
        "source": _SOURCE,
        "tags": ["labelgate", message.news],
        "priority": weaker.get(message.news, options.priority),
    }
    if options.responders:
        alert["responders"] = [dict(one) for one in options.responders]
    return alert
