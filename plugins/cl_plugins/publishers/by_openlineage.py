"""Hands a gate to lineage tools: to their service, or as lines of a file. Makes no events."""

import json
from typing import Any

from cl_core.errors import ConfigError
from cl_core.hooks import FinishedRun, UnfinishedRun
from cl_plugins.needs import needed
from cl_plugins.publishers.delivery import plain_headers
from cl_plugins.publishers.metrics_options import OpenLineageOptions
from cl_plugins.publishers.post import post_bytes

# Seconds that one try may take while a gate waits for it.
_LIMIT_S = 3.0


def publish_openlineage(run: FinishedRun, options: OpenLineageOptions) -> None:
    """Tell that the gate began, then how it ended; the same run has the same id, however often it is told."""
    _send(_events().events_of(run, options), options)


def tell_openlineage(run: UnfinishedRun, options: OpenLineageOptions) -> None:
    """Tell that the gate began, or that it ended without a verdict: one try, as the gate waits meanwhile."""
    limits = {
        "retries": 0,
        **{one: min(_LIMIT_S, getattr(options, one)) for one in ("timeout_s", "time_limit_s")},
    }
    _send([_events().event_of(run, options)], options.model_copy(update=limits))


def _events() -> Any:
    return needed("cl_plugins.publishers.lineage.events", "openlineage", "the publisher openlineage")


def _send(events: list[dict[str, Any]], options: OpenLineageOptions) -> None:
    texts = [json.dumps(event, allow_nan=False) for event in events]
    if options.url is None:
        _append(texts, options)
        return
    url = f"{options.url.get_secret_value().rstrip('/')}/{options.endpoint.lstrip('/')}"
    headers = plain_headers(options.headers)
    if options.api_key is not None:
        headers["Authorization"] = f"Bearer {options.api_key.get_secret_value()}"
    secrets = () if options.api_key is None else (options.api_key.get_secret_value(),)
    for text in texts:
        post_bytes(url, text.encode(), options, headers=headers, secrets=secrets, what="the lineage event")


def _append(texts: list[str], options: OpenLineageOptions) -> None:
    path = options.path
    if path is None:  # the options see to it that there is one
        raise ConfigError("openlineage was told no place", hint="give it `url` or `path`")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:  # in one piece, so that two gates do not mix their lines
            file.write("".join(f"{text}\n" for text in texts).encode())
    except OSError as error:
        raise ConfigError(
            f"the lineage events could not be appended to {str(path)!r}: {error.strerror or error}",
            hint="give openlineage a path to a file that may be written",
        ) from error
