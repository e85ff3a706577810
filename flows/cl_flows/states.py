"""States of Prefect by which a gate's verdict is told from a crash, on the gate and on flows that call it."""

import logging
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from cl_flows.outcome import GateFailed, GateResult, GateUndecided

# Automations trigger on these names; they must not change.
STATE_NAMES = {"failed": "NoiseGateFailed", "undecided": "NoiseGateUndecided"}
ADVISORY_STATE_NAMES = {"failed": "NoiseGateFailedAdvisory", "undecided": "NoiseGateUndecidedAdvisory"}


class _SaidByTheState(logging.Filter):
    """Leaves out Prefect's traceback of a verdict, which the state has told a line before; not of a crash."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], GateFailed | GateUndecided))


_SAID_BY_THE_STATE = _SaidByTheState()


def stopped_by(verdict: GateFailed | GateUndecided) -> State[Any]:
    """Build the failed state of a flow: returned, Prefect takes it, and the caller gets `verdict` raised."""
    logging.getLogger("prefect.flow_runs").addFilter(_SAID_BY_THE_STATE)
    name = STATE_NAMES["failed" if isinstance(verdict, GateFailed) else "undecided"]
    return Failed(name=name, message=str(verdict), data=verdict)


def advised(result: GateResult) -> State[GateResult]:
    """Build the completed state of a flow that only tells of a verdict which is no pass."""
    said = f"{result.says} Advisory: nothing was stopped."
    return Completed(name=ADVISORY_STATE_NAMES[result.status], message=said, data=result)
