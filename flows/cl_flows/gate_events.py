"""What a gate says on Prefect's event bus, where automations hear it. Decides nothing.

The events of a run's states will not do: Prefect 3.8 never sends that of ``Scheduled`` for runs which its own
scheduler made, and keeps back all that follow it for 15 minutes, or loses them when the server restarts
meanwhile. These follow nothing, so that they are heard at once.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from prefect.events import emit_event
from prefect.runtime import flow_run

from cl_flows.outcome import GateResult

BEGAN, ENDED = "labelgate.run.began", "labelgate.run.ended"


@contextmanager
def life_announced() -> Iterator[None]:
    """Say that this flow run has begun, and that it has ended, however it ends but by ``kill -9``."""
    identity = flow_run.id
    if identity is None:  # called as a plain function
        yield
        return
    # The run's own events, as Prefect's heartbeats are: automations compare them.
    resource = {"prefect.resource.id": f"prefect.flow-run.{identity}"}
    emit_event(BEGAN, resource=resource)
    try:
        yield
    finally:
        emit_event(ENDED, resource=resource)


def announce_verdict(result: GateResult, *, advisory: bool) -> None:
    """Tell of a verdict."""
    _announce(result.dataset, result.status, asdict(result), advisory=advisory)


def announce_unmet_suite(dataset: str, says: str) -> None:
    """Tell of a data set that failed before any label was judged."""
    _announce(dataset, "failed", {"dataset": dataset, "status": "failed", "says": says}, advisory=False)


def slug_of(dataset: str) -> str:
    """Return a data set's name as keys of artifacts and ids of resources want it."""
    return re.sub(r"[^a-z0-9]+", "-", dataset.lower()).strip("-") or "data"


def _announce(dataset: str, status: str, payload: dict[str, Any], *, advisory: bool) -> None:
    emit_event(
        event=f"labelgate.gate.{status}",
        resource={
            "prefect.resource.id": f"labelgate.dataset.{slug_of(dataset)}",
            # Automations can match labels of a resource, and not what a payload says.
            "labelgate.advisory": str(advisory).lower(),
        },
        payload=payload,
    )
