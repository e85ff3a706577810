"""Alerts to whatever Apprise speaks, by its addresses. One try each: Apprise says no reason for a failure."""

from cl_core.errors import ConfigError, PluginError
from cl_core.hooks import FinishedRun
from cl_core.telling import News
from cl_plugins.needs import needed
from cl_plugins.publishers.alerts.message import message_of, shortened
from cl_plugins.publishers.alerts.options import AppriseOptions
from cl_plugins.publishers.alerts.plain import as_text
from cl_plugins.publishers.quiet import masked_logs, parts_of

_KINDS: dict[News, str] = {
    "failed": "failure",
    "undecided": "warning",
    "recovered": "success",
    "passed": "success",
    "test": "info",
}


def publish_apprise(run: FinishedRun, options: AppriseOptions) -> None:
    """Send the alert to every address, also where one of them fails."""
    run = shortened(run, options)
    apprise = needed("apprise", "apprise", "the publisher apprise")
    message = message_of(run)
    urls = [url.get_secret_value() for url in options.urls]
    unsent = []
    with masked_logs(tuple(part for url in urls for part in parts_of(url))):
        for number, url in enumerate(urls):
            target = apprise.Apprise()
            if not target.add(url):
                raise ConfigError(
                    f"urls[{number}] is no address that Apprise knows", hint="see Apprise's list of services"
                )
            sent = target.notify(
                title=_inert(f"{message.mark} {message.title}"),
                body=_inert(as_text(message)),
                notify_type=_KINDS[message.news],
                body_format="text",
            )
            if not sent:
                unsent.append(f"urls[{number}]")
    if unsent:
        raise PluginError(
            f"Apprise could not send to {', '.join(unsent)}",
            hint="see the log of Apprise; one entry of `publish` for each address keeps them apart",
        )


def _inert(text: str) -> str:
    """Part the marks of mentions from what follows, which services read wherever they stand."""
    return text.replace("@", "@\u200b").replace("<", "<\u200b")
