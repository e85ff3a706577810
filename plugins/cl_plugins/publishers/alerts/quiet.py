"""Keeps secrets out of what HTTP libraries log while an alert is sent. Changes no other record."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

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


def parts_of(url: str) -> tuple[str, ...]:
    """Return what of a secret address may stand in a message by itself."""
    parts = urlsplit(url)
    path = parts.path if parts.path.strip("/") else ""
    return tuple(
        text for text in (url, f"{path}?{parts.query}", path, parts.query, parts.password or "") if text
    )


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
