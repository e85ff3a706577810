"""What a check concludes: a closed union of frozen records, matched exhaustively. No rules."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What all outcomes tell.

    Attributes
    ----------
    code, name
        The check that concluded this, such as ``LN001`` and ``noise-budget``.
    says
        One sentence for people: what was measured, against which limit.
    measured, limit
        The two numbers compared; None where the check compares none.
    remedy
        What to do next; empty when there is nothing to do.
    """

    code: str
    name: str
    says: str
    measured: float | None = None
    limit: float | None = None
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Passed(_Outcome):
    """The labels keep to the limit."""

    status: ClassVar[Literal["passed"]] = "passed"


@dataclass(frozen=True, slots=True)
class Failed(_Outcome):
    """The labels are over the limit: training must not go on."""

    status: ClassVar[Literal["failed"]] = "failed"


@dataclass(frozen=True, slots=True)
class Undecided(_Outcome):
    """The data do not allow a verdict; never to be read as a pass."""

    status: ClassVar[Literal["undecided"]] = "undecided"


Verdict: TypeAlias = Passed | Failed | Undecided


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict of a run and everything it rests on.

    Attributes
    ----------
    verdict
        The outcome that decided: the first failed one, else the first undecided one, else the
        first passed one.
    checks
        Every check's outcome, in the order they ran.
    validation
        Great Expectations' result document for the same limits, plain JSON; None when switched off.
    """

    verdict: Verdict
    checks: tuple[Verdict, ...]
    validation: dict[str, Any] | None = field(default=None)
