"""How a gate's verdict reaches a caller: a small record, or an exception that stops what comes after."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from cl_core.errors import LabelgateError

Status: TypeAlias = Literal["passed", "failed", "undecided"]


@dataclass(frozen=True, slots=True)
class GateResult:
    """The verdict of one run, small enough to travel between tasks and into a log.

    Attributes
    ----------
    run_id
        By which ``labelgate report`` and ``labelgate history`` find the run again.
    dataset
        Name of the data set.
    status
        ``passed``, ``failed`` or ``undecided``.
    says, remedy
        The verdict as a sentence, and what to do next.
    noise_rate, low, high
        Estimated share of wrong labels and its interval, in 0..1.
    max_noise_rate
        The limit, in 0..1.
    n_rows, n_flagged
        Rows judged, and rows called a label issue.
    folder
        Where the scored table and the reports lie.
    warnings
        What the checks say that object and only warn.
    waivers
        What became of each waiver, a sentence each.
    """

    run_id: str
    dataset: str
    status: Status
    says: str
    remedy: str
    noise_rate: float
    low: float
    high: float
    max_noise_rate: float
    n_rows: int
    n_flagged: int
    folder: str
    warnings: tuple[str, ...] = ()
    waivers: tuple[str, ...] = ()


def traced_facts(result: GateResult) -> dict[str, str | int | float]:
    """Return what a span tells of a run."""
    return {"run": result.run_id, "dataset": result.dataset, "status": result.status}


class GateFailed(LabelgateError):  # noqa: N818 - a verdict, not a fault
    """The estimated noise rate (or another check) is over its limit; `result` has the figures."""

    result: GateResult


class SuiteFailed(GateFailed):
    """The person's own suite was not met by the raw table, so that no label was judged: no `result`."""

    dataset: str = ""


class GateUndecided(LabelgateError):  # noqa: N818 - likewise
    """The data do not allow a verdict, which is never a pass; `result` has the figures."""

    result: GateResult


def error_for(result: GateResult) -> GateFailed | GateUndecided | None:
    """Build the exception that `result` stands for, or None for a pass."""
    if result.status == "passed":
        return None
    kind = GateFailed if result.status == "failed" else GateUndecided
    error = kind(result.says, hint=result.remedy)
    error.result = result
    return error
