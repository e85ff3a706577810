"""Answers that decide a suspended flow run resume it, once they are acknowledged. Judges nothing."""

import logging
import threading
from contextvars import copy_context
from pathlib import Path

from cl_flows.database.place import Database
from cl_flows.waiting import decided_by_answers

logger = logging.getLogger(__name__)

_one_at_a_time = threading.Lock()
_asked_for: set[tuple[Path, str]] = set()


def resume_later(output: Path, database: Database, fingerprint: str) -> None:
    """Have a thread see whether flow runs wait for these rows, and resume those that are decided now.

    Prefect may be slow or gone: the thread is never waited for, and its faults are in the log only.
    """
    wanted = (output, fingerprint)
    if wanted in _asked_for:  # a look that has not begun yet will see this answer as well
        return
    _asked_for.add(wanted)
    run = copy_context().run
    threading.Thread(target=run, args=(_resume, output, database, fingerprint), daemon=True).start()


def _resume(output: Path, database: Database, fingerprint: str) -> None:
    with _one_at_a_time:
        _asked_for.discard((output, fingerprint))
        try:
            for one in decided_by_answers(output, database, fingerprint):
                from cl_flows.suspension import resume  # seconds of imports, and only where somebody waits

                problem = resume(one.claim).problem
                done = f"could not be resumed: {problem}" if problem else "goes on"
                logger.log(
                    logging.WARNING if problem else logging.INFO, "%s; its flow run %s", one.says, done
                )
        except Exception:
            logger.exception("whether a flow run waits for these answers is unknown; they are on record")
