"""Gates that the command line made ready for a flow that it calls, and who hears of each. Runs nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeAlias

from cl_flows.many.entry import GateEntry
from cl_flows.many.jobs import Job

Told: TypeAlias = Callable[[Job, GateEntry], None]


@dataclass(frozen=True, slots=True)
class Parent:
    """The flow below which Prefect shows gates.

    Attributes
    ----------
    entrypoint
        Where it is, as a deployment writes it: ``cl_flows.backfill:backfill``.
    parameters
        What it is called with, and shows in Prefect.
    """

    entrypoint: str
    parameters: Mapping[str, Any]


def tell_nobody(_job: Job, _entry: GateEntry) -> None:
    """Stand for a listener where there is none."""


_ready: ContextVar[tuple[Sequence[Job], Told] | None] = ContextVar("ready", default=None)


@contextmanager
def prepared(jobs: Sequence[Job], told: Told = tell_nobody) -> Iterator[None]:
    """Have the flow that is called within the block run these very gates, and `told` hear of each."""
    token = _ready.set((jobs, told))
    try:
        yield
    finally:
        _ready.reset(token)


def gates_or(make: Callable[[], Sequence[Job]]) -> tuple[Sequence[Job], Told]:
    """Return the gates that are ready and who hears of them, or make them: nobody has asked to hear."""
    ready = _ready.get()
    return (make(), tell_nobody) if ready is None else ready
