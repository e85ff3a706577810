"""Sends one body until it is taken: bounded tries, no redirects, no secret in an error. No format."""

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from cl_core.errors import ConfigError, PluginError
from cl_plugins.backends.served.patience import Deadline, is_distrusted, is_passing, wait_s
from cl_plugins.backends.served.secrets import excerpt, masked
from cl_plugins.publishers.delivery import DeliveryOptions
from cl_plugins.publishers.quiet import masked_logs, parts_of, parts_of_header

# Nobody reads more of an answer than this.
_MOST_BYTES = 4_096
_SERVER_ERROR, _TOO_MANY, _REFUSED = 500, 429, 300


def post_json(
    url: str,
    body: Any,
    options: DeliveryOptions,
    *,
    headers: Mapping[str, str] | None = None,
    secrets: tuple[str, ...] = (),
) -> None:
    """Post `body` as JSON to `url`.

    Parameters
    ----------
    headers
        Further headers; their values are taken for secrets.
    secrets
        What must stand in no error and no log, the parts of `url` beyond its host apart.

    Raises
    ------
    ConfigError
        For 3xx and 4xx: the address, the key or the message is wrong, and another try would not help.
    PluginError
        For a destination that stays away or fails.
    """
    content = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    post_bytes(url, content, options, headers=headers or {}, secrets=secrets)


def post_bytes(
    url: str,
    content: bytes,
    options: DeliveryOptions,
    *,
    headers: Mapping[str, str],
    secrets: tuple[str, ...] = (),
    kind: str = "application/json",
    what: str = "the alert",
    reads: bool = False,
) -> bytes:
    """Post `content` as `post_json` does.

    Parameters
    ----------
    kind
        Its media type.
    what
        What an error calls it.
    reads
        Whether to read what the service says when it takes it.

    Returns
    -------
    bytes
        The beginning of the answer, where it is read; empty otherwise.
    """
    quoted = (part for value in headers.values() for part in parts_of_header(value))
    hidden = (*secrets, *parts_of(url), *headers.values(), *quoted)
    where = f"{urlsplit(url).scheme}://{urlsplit(url).hostname}"
    deadline = Deadline(options.time_limit_s)
    ready = {"Content-Type": kind, "User-Agent": "labelgate", **headers}
    tries = 0
    with masked_logs(hidden), httpx.Client(headers=ready, follow_redirects=False) as client:
        while True:
            tries += 1
            retry_after = None
            try:
                status, text, retry_after = _send(client, url, content, options, deadline, reads=reads)
            except httpx.HTTPError as error:
                said = f"{type(error).__name__}: {masked(str(error), hidden)}"
                if is_distrusted(error) or not is_passing(error):
                    raise ConfigError(f"{where}: {said}", hint="check the address") from None
            else:
                if status < _REFUSED:
                    return text
                said = f"status {status}: {excerpt(text.decode('utf-8', 'replace'), hidden)!r}"
                if status != _TOO_MANY and status < _SERVER_ERROR:
                    raise ConfigError(
                        f"{where} refused {what} with {said}", hint="check the address and the key"
                    )
            wait = wait_s(tries, retry_after)
            if tries > options.retries or wait >= deadline.left():
                raise PluginError(
                    f"{where} did not take {what} after {tries} tries: {said}",
                    hint="the next run tells; see that the service runs, or raise retries or time_limit_s",
                )
            time.sleep(wait)


def _send(
    client: httpx.Client,
    url: str,
    content: bytes,
    options: DeliveryOptions,
    deadline: Deadline,
    *,
    reads: bool,
) -> tuple[int, bytes, str | None]:
    """Return status, the beginning of the answer, and when to come back."""
    allowed = Deadline(max(0.001, min(options.timeout_s, deadline.left())))
    text = bytearray()
    with client.stream("POST", url, content=content, timeout=allowed.seconds) as response:
        if reads or not response.is_success:
            for piece in response.iter_bytes():
                text += piece
                if len(text) >= _MOST_BYTES or not allowed.left():
                    break
    return response.status_code, bytes(text[:_MOST_BYTES]), response.headers.get("retry-after")
