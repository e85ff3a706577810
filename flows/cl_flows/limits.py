"""How long a plugin may take: one that hangs ends the run by name, and never passes it. Judges no answer.

The plugin runs in a thread of its own, which is left behind when the time is up: that serves sleeps,
loops and calls that wait outside Python. A call that keeps Python's lock for ever stops our thread as
well; faulthandler's watchdog needs no lock and then ends the process with exit code 1.
"""

import faulthandler
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from types import FunctionType
from typing import Any, TypeVar

from cl_core.errors import GateError, PluginError

T = TypeVar("T")

_lock = threading.Lock()
_deadlines: list[float] = []  # when the watchdog ends the process, for each plugin at work
_left_behind: list[threading.Thread] = []
_at_work: dict[int, int] = {}  # threads that run a plugin, and the process they are of
_real_exit = os._exit
# Long enough for what a program has to finish besides, and for Prefect to send its last events.
_ENDS_WITHIN_S = 30.0
# When the whole run must have its verdict, by the monotonic clock, and the limit it was given.
_run_ends: ContextVar[tuple[float, float] | None] = ContextVar("run_ends", default=None)


@contextmanager
def run_limit(limit_s: float | None) -> Iterator[None]:
    """Give everything inside the block no longer than `limit_s` seconds in all; None is no limit."""
    token = _run_ends.set(None if limit_s is None else (time.monotonic() + limit_s, limit_s))
    try:
        yield
    finally:
        _run_ends.reset(token)


def refuse_overdue() -> None:
    """End a run whose time is up, between two steps.

    Raises
    ------
    GateError
        There is no verdict then.
    """
    ends = _run_ends.get()
    if ends is not None and time.monotonic() >= ends[0]:
        raise GateError(f"the run had no verdict within {ends[1]:g} seconds (limits.run)", hint=_RUN_HINT)


_RUN_HINT = "raise limits.run in gate.yaml where it needs longer; the folds that were fitted are kept"


def within(
    limit_s: float, who: str, setting: str, call: Callable[[], T], *, stuck_s: float | None = None
) -> T:
    """Return what `call` returns, or raise what it raises; give up after `limit_s` seconds.

    Parameters
    ----------
    limit_s
        Seconds.
    who, setting
        The plugin, and where its limit is set, for the error.
    call
        Runs in another thread, in a copy of this context.
    stuck_s
        Seconds that it may keep Python's lock before the process is ended; `limit_s` where it is None.

    Raises
    ------
    PluginError
        When the time is up. The thread of the call stays behind: Python cannot end it.
    """
    refuse_overdue()
    says = f"{who} did not answer within {limit_s:g} seconds ({setting})"
    hint = f"raise {setting} in gate.yaml where it needs longer; no verdict"
    ends = _run_ends.get()
    if ends is not None and setting != "limits.publish" and ends[0] - time.monotonic() < limit_s:
        limit_s, setting, hint = max(0.0, ends[0] - time.monotonic()), "limits.run", _RUN_HINT
        says = f"{who} did not answer before the run's {ends[1]:g} seconds were up (limits.run)"
    outcome: list[tuple[Any, BaseException | None]] = []
    run = FunctionType(_run.__code__.replace(co_filename=says, co_name=setting), globals())
    done = threading.Event()
    context = copy_context()
    worker = threading.Thread(target=context.run, args=(run, call, outcome, done), name=who, daemon=True)
    try:
        with _watchdog(limit_s if stuck_s is None else stuck_s):
            worker.start()
            done.wait(limit_s)  # not join: interrupted, it takes the thread for ended
    finally:  # the time is up, or somebody pressed Ctrl-C
        if not outcome:
            _leave_behind(worker)
    if not outcome:
        raise PluginError(says, hint=hint)
    answer, error = outcome[0]
    if error is not None:
        raise error
    return answer  # type: ignore[no-any-return]


def _leave_behind(worker: threading.Thread) -> None:
    """Let a call that hangs be, and see to it that it does not keep the process for ever."""
    _left_behind.append(worker)
    if len(_left_behind) == 1:
        with suppress(RuntimeError):  # Python is ending already
            # Pools of threads use this, too; what atexit has comes only after all their threads were joined.
            threading._register_atexit(_end_soon)  # type: ignore[attr-defined]  # noqa: SLF001


def _end_soon() -> None:
    """Give the ending process some time: it may wait for threads that the plugin's call started in a pool."""
    if anyone_left_behind():
        faulthandler.dump_traceback_later(_ENDS_WITHIN_S, exit=True, file=_standard_error())


def anyone_left_behind() -> bool:
    """Whether a plugin that ran out of time still runs: its threads may keep the process from ending."""
    return any(thread.is_alive() for thread in _left_behind)


# Runs under a file name that says who hangs: the watchdog prints the file names of the stack, no more.
def _run(call: Callable[[], Any], outcome: list[Any], done: threading.Event) -> None:
    ident = threading.get_ident()
    with _lock:
        _at_work[ident] = os.getpid()
        os._exit = _refuse_exit  # type: ignore[assignment]
    try:
        outcome.append((call(), None))
    except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
        outcome.append((None, error))
    finally:
        with _lock:
            _at_work.pop(ident)
            if not _at_work:
                os._exit = _real_exit
        done.set()


def _refuse_exit(status: int) -> None:
    """Stand for os._exit while plugins run: one that leaves with 0 must not read as a pass."""
    if _at_work.get(threading.get_ident()) == os.getpid():  # not in a process that a plugin forked
        raise SystemExit(f"os._exit({status})")
    _real_exit(status)


@contextmanager
def _watchdog(limit_s: float) -> Iterator[None]:
    """End the process some seconds after the limit, unless the block is left before."""
    deadline = time.monotonic() + limit_s + min(10.0, max(1.0, 0.1 * limit_s))
    with _lock:
        _deadlines.append(deadline)
        _arm()
    try:
        yield
    finally:
        with _lock:
            _deadlines.remove(deadline)
            _arm()


def _arm() -> None:
    """Set faulthandler's one watchdog to the earliest deadline."""
    faulthandler.cancel_dump_traceback_later()
    if not _deadlines:
        return
    left = max(0.1, min(_deadlines) - time.monotonic())
    faulthandler.dump_traceback_later(left, exit=True, file=_standard_error())


def _standard_error() -> int:
    try:
        return sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):  # a notebook, or a test that captures
        return 2
