"""What became of each of many gates, and the one verdict of all. Runs nothing."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cl_core.errors import GateError
from cl_flows.exit_codes import ExitCode
from cl_flows.outcome import GateFailed, GateResult, GateUndecided
from cl_flows.report.wording import count

Ending: TypeAlias = Literal["passed", "undecided", "failed", "crashed"]

# The worst one is the verdict of all: without a verdict on one data set nobody may go on with all.
_ENDINGS: tuple[Ending, ...] = ("passed", "undecided", "failed", "crashed")
_CODES = {
    "passed": ExitCode.PASSED,
    "undecided": ExitCode.UNDECIDED,
    "failed": ExitCode.GATE_FAILED,
    "crashed": ExitCode.CRASHED,
}


@dataclass(frozen=True, slots=True)
class GateEntry:
    """What became of one gate.

    Attributes
    ----------
    source
        The gate.yaml, or what else people know the gate by.
    status
        The verdict, or ``crashed`` when there is none.
    says, hint
        Verdict or error as a sentence, and what to do next.
    result
        The figures; None for a crash, and for a suite of one's own that was not met.
    error
        Type of the error that left the gate without a verdict; empty otherwise.
    """

    source: str
    status: Ending
    says: str
    hint: str = ""
    result: GateResult | None = None
    error: str = ""

    @classmethod
    def of(cls, source: str, result: GateResult) -> "GateEntry":
        """Make the entry of a verdict."""
        return cls(source, result.status, result.says, result.remedy, result)

    @classmethod
    def of_error(cls, source: str, error: BaseException) -> "GateEntry":
        """Make the entry of a gate that ended by an error: a crash, or a suite that was not met."""
        status: Ending = "failed" if isinstance(error, GateFailed) else "crashed"
        return cls(source, status, str(error), getattr(error, "hint", ""), None, type(error).__name__)


@dataclass(frozen=True, slots=True)
class GatesResult:
    """What became of many gates, in the order in which people named them."""

    gates: tuple[GateEntry, ...]

    @property
    def status(self) -> Ending:
        """The worst ending: crashed, failed, undecided, passed (also where nothing was left to do)."""
        return max((one.status for one in self.gates), key=_ENDINGS.index, default="passed")

    @property
    def exit_code(self) -> ExitCode:
        """What the shell is told."""
        return _CODES[self.status]

    @property
    def says(self) -> str:
        """The verdict of all in a sentence, which names those that did not pass."""
        counts = Counter(one.status for one in self.gates)
        parts = ", ".join(f"{counts[ending]:,} {ending}" for ending in reversed(_ENDINGS) if counts[ending])
        named = [f"{one.source} ({one.status})" for one in self.gates if one.status != "passed"]
        return f"{count(len(self.gates), 'gate')}: {parts}" + (f": {', '.join(named)}" if named else "")


class GatesFailed(GateFailed):
    """At least one of many gates failed and none crashed; `gates` has all of them."""

    gates: GatesResult


class GatesUndecided(GateUndecided):
    """At least one of many gates is undecided, and none failed or crashed; `gates` has all of them."""

    gates: GatesResult


class GatesCrashed(GateError):  # noqa: N818 - beside the other two
    """At least one of many gates has no verdict; `gates` has all of them, those with one included."""

    gates: GatesResult


def error_for_all(found: GatesResult) -> GatesFailed | GatesUndecided | GatesCrashed | None:
    """Build the exception that the verdict of all stands for, or None where every gate passed."""
    if found.status == "passed":
        return None
    kinds: dict[str, type[GatesFailed | GatesUndecided | GatesCrashed]] = {
        "failed": GatesFailed,
        "undecided": GatesUndecided,
        "crashed": GatesCrashed,
    }
    worst = next(one for one in found.gates if one.status == found.status)
    error = kinds[found.status](found.says, hint=worst.hint)
    error.gates = found
    return error
