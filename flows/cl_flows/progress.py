"""Who hears about progress: the terminal when there is one, the log otherwise. No drawing."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from cl_core.hooks import Progress

logger = logging.getLogger(__name__)


def _log(done: int, total: int, doing: str) -> None:
    logger.info("%s (%d of %d)", doing, done, total)


_listener: ContextVar[Progress] = ContextVar("listener", default=_log)


def report_progress(done: int, total: int, doing: str) -> None:
    """Tell the listener that `done` of `total` steps of `doing` are finished."""
    _listener.get()(done, total, doing)


def listener() -> Progress:
    """Return who listens now."""
    return _listener.get()


@contextmanager
def listening(hears: Progress) -> Iterator[None]:
    """Send progress to `hears` inside the block."""
    token = _listener.set(hears)
    try:
        yield
    finally:
        _listener.reset(token)
