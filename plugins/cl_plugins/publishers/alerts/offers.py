"""The publishers that alert people, as records. No behaviour here."""

from collections.abc import Iterator

from cl_core.hooks import Publisher
from cl_plugins.later import Later
from cl_plugins.publishers.alerts.options import (
    AppriseOptions,
    EmailOptions,
    OpsgenieOptions,
    PagerDutyOptions,
    SlackOptions,
    TeamsOptions,
    WebhookOptions,
)

_HERE = "cl_plugins.publishers.alerts"


def alert_publishers() -> Iterator[Publisher]:
    """Offer chat, e-mail, on-call services and webhooks; each hears of changes of the verdict."""
    for name, summary, options, module in (
        ("slack", "alerts in Slack, by an incoming webhook", SlackOptions, "slack"),
        ("teams", "alerts in Microsoft Teams, by a workflow's webhook", TeamsOptions, "teams"),
        ("email", "alerts by e-mail, over SMTP", EmailOptions, "mail"),
        ("pagerduty", "incidents in PagerDuty, opened and resolved", PagerDutyOptions, "pagerduty"),
        ("opsgenie", "alerts in Opsgenie, opened and closed", OpsgenieOptions, "opsgenie"),
        ("webhook", "alerts as signed JSON, for your own receiver", WebhookOptions, "webhook"),
    ):
        yield Publisher(name, summary, options, Later(f"{_HERE}.{module}", f"publish_{name}"), when="change")
    yield Publisher(
        "apprise",
        "alerts to whatever Apprise speaks",
        AppriseOptions,
        Later(f"{_HERE}.by_apprise", "publish_apprise"),
        requires=("apprise",),
        extra="labelgate[apprise]",
        when="change",
    )
