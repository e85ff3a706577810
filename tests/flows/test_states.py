"""What Prefect's log says of a run that ended without a pass."""

import logging

import pytest

from cl_flows.outcome import GateFailed, GateUndecided
from cl_flows.states import stopped_by

pytestmark = pytest.mark.prefect


@pytest.mark.parametrize(
    ("error", "is_told"),
    [
        (GateFailed("17 %"), False),
        (GateUndecided("40 rows"), False),
        (OSError("no file"), True),
        (None, True),
    ],
)
def test_the_traceback_of_a_crash_is_logged_and_that_of_a_verdict_is_not(
    error: Exception | None, is_told: bool
) -> None:
    """The line before says the verdict; people on call need no more."""
    assert stopped_by(GateFailed("17 %")).name == "NoiseGateFailed"
    log = logging.getLogger("prefect.flow_runs")
    said = (type(error), error, None) if error is not None else None
    record = log.makeRecord(log.name, logging.ERROR, "engine.py", 1, "Engine execution exited", (), said)
    assert bool(log.filter(record)) is is_told
