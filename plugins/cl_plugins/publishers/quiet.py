"""Keeps secrets out of what HTTP libraries log while an alert is sent. Changes no other record."""

import logging
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from cl_plugins.backends.served.secrets import masked

# A filter holds for its own logger only, so that each of theirs needs one.
_LOGGERS = (
    "apprise",
    "asyncio",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpx",
    "requests",
    "urllib3.connectionpool",
    "urllib3.util.retry",
)

# A shorter piece of an address is no key, and would be found in the middle of words: a port, an `api`.
_SHORTEST = 6


def parts_of(url: str) -> tuple[str, ...]:
    """Return what of a secret address may stand in a message by itself: a service may quote a part of it."""
    parts = urlsplit(url)
    pieces = [piece for piece in re.split(r"[/?&=:@,]", url.partition("://")[2]) if piece != parts.hostname]
    whole = (url, parts.path, f"{parts.path}?{parts.query}", parts.query)
    candidates = {*whole, *pieces, *map(unquote, pieces)}
    if parts.username is not None:  # as HTTP sends who logs in
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        candidates.add(b64encode(login.encode()).decode())
    return _long_enough(candidates)


def parts_of_header(value: str) -> tuple[str, ...]:
    """Return what of a secret header may stand in a message by itself: the key without its ``Bearer``."""
    return _long_enough({value, *value.split()[1:]})


def parts_of_login(username: str, password: str) -> tuple[str, ...]:
    """Return a password in the forms in which mail servers are told it."""
    forms = (password, f"\0{username}\0{password}")
    return (password, *(b64encode(form.encode()).decode() for form in forms))


def _long_enough(candidates: Iterable[str]) -> tuple[str, ...]:
    return tuple(text for text in candidates if len(text) >= _SHORTEST)


class _Mask(logging.Filter):
    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self._secrets = secrets

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        clean = masked(said, self._secrets)
        if clean != said:
            record.msg, record.args = clean, ()
        return True


@contextmanager
def masked_logs(secrets: tuple[str, ...]) -> Iterator[None]:
    """Blot `secrets` out of what is logged within the block."""
    mask = _Mask(secrets)
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addFilter(mask)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(mask)
