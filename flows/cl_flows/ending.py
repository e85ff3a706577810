"""SIGTERM ends a run as Ctrl-C does: what is half done is removed on the way out."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


class Terminated(KeyboardInterrupt):
    """Somebody sent SIGTERM: a scheduler, a container that is stopped."""


@contextmanager
def heeding_sigterm() -> Iterator[None]:
    """Raise `Terminated` inside the block when SIGTERM comes; in the main thread, which alone hears it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(_number: int, _frame: object) -> NoReturn:
    raise Terminated
