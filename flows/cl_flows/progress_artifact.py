"""The progress of a step on Prefect's pages. Prefect may be slow or gone: nobody waits for it."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import TYPE_CHECKING, cast

from prefect.artifacts import create_progress_artifact, update_progress_artifact

from cl_flows.progress import listener, listening

if TYPE_CHECKING:
    from uuid import UUID

logger = logging.getLogger(__name__)

_EVERY_S = 1.0
_STEP = 2.0  # percent: more often nobody looks
_MOST_UPDATES = 50
_LAST_WORD_S = 5.0  # how long a finished step waits for its last update


@contextmanager
def progress_artifact(key: str) -> Iterator[None]:
    """Keep one progress artifact called `key` up to date with what is reported inside the block.

    At most one update a second and fifty in all. Whoever listened before hears everything as before; a
    fault of Prefect ends the updates, and nothing else.
    """
    artifact, before = _Artifact(key), listener()

    def told(done: int, total: int, doing: str) -> None:
        before(done, total, doing)
        artifact.tell(100.0 * min(1.0, max(0.0, done / total)) if total > 0 else 0.0, doing)

    try:
        with listening(told):
            yield
    finally:
        artifact.end()


class _Artifact:
    """What was told last, and a thread that leaves it with Prefect."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._told: tuple[float, str] | None = None
        self._news = threading.Event()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._context = copy_context()  # by which Prefect knows whose artifact it is

    def tell(self, percent: float, doing: str) -> None:
        """Note how far the step is; returns at once."""
        self._told = percent, doing
        self._news.set()
        if self._thread is None:
            run = self._context.run
            self._thread = threading.Thread(target=run, args=(self._leave,), name=self._key, daemon=True)
            self._thread.start()

    def end(self) -> None:
        """Leave the last word, if Prefect takes it within some seconds."""
        self._over.set()
        self._news.set()
        if self._thread is not None:
            self._thread.join(_LAST_WORD_S)

    def _leave(self) -> None:
        try:
            self._keep_up_to_date()
        except Exception as error:  # noqa: BLE001 - whatever it is, the run goes on
            logger.warning("progress was not left with Prefect: %s; the run goes on", error)

    def _keep_up_to_date(self) -> None:
        shown = told = self._told or (0.0, "")
        artifact = cast("UUID", create_progress_artifact(told[0], key=self._key, description=told[1]))
        updates, at = 0, time.monotonic()
        while True:
            self._news.wait()
            self._news.clear()
            over = self._over.wait(max(0.0, at + _EVERY_S - time.monotonic()))
            told = self._told or told
            is_far = abs(told[0] - shown[0]) >= _STEP and updates < _MOST_UPDATES - 1
            if told != shown and (over or is_far):
                update_progress_artifact(artifact, told[0], told[1])
                shown, updates, at = told, updates + 1, time.monotonic()
            if over:
                return
