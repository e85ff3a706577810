"""What a check concludes and how it counts: a closed union of frozen records. No rules."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Literal, TypeAlias

from cl_core.baseline import Baseline

Severity: TypeAlias = Literal["fail", "warn", "info"]
Effect: TypeAlias = Literal["counts", "warns", "informs", "waived"]
# The part of the data that is meant, as (what, which) pairs: (("class", "cat"),); empty for all of it.
Where: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Breach:
    """One part of the data that a check objects to: a class, a pair of classes, a slice.

    Attributes
    ----------
    where
        Which part, such as ``(("class", "cat"),)``; a waiver's `where` is held against it.
    says
        A few words for people: what was measured in this part.
    measured, limit
        The two numbers compared there; None where none are.
    """

    where: Where
    says: str
    measured: float | None = None
    limit: float | None = None


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
    breaches
        The parts of the data that it objects to, worst first; empty for a check that looks at the whole.
    """

    code: str
    name: str
    says: str
    measured: float | None = None
    limit: float | None = None
    remedy: str = ""
    breaches: tuple[Breach, ...] = ()


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
class Waiver:
    """Somebody's word that an objection of a check does not count until a day.

    Attributes
    ----------
    check
        Name of the check.
    reason, owner
        Why, and who answers for it; never empty.
    until
        The last day on which it counts.
    where
        The parts it is about: those whose `Breach.where` holds all of these pairs; all when empty.
    """

    check: str
    reason: str
    owner: str
    until: date
    where: Where = ()


@dataclass(frozen=True, slots=True)
class WaiverUse:
    """What became of a waiver in one run.

    Attributes
    ----------
    waiver
        The waiver.
    state
        ``used``: it took away an objection. ``idle``: there was nothing to take away. ``expired``.
    waived
        How many objections it took away.
    """

    waiver: Waiver
    state: Literal["used", "idle", "expired"]
    waived: int = 0


@dataclass(frozen=True, slots=True)
class Ruling:
    """How a check's outcome counts.

    Attributes
    ----------
    severity
        As configured: ``fail`` decides, ``warn`` is shown and never decides, ``info`` is mentioned.
    effect
        What became of it: ``counts``, ``warns``, ``informs``, or ``waived`` when waivers took every
        objection away.
    waivers
        The waivers that took an objection away, all of them or some.
    """

    severity: Severity = "fail"
    effect: Effect = "counts"
    waivers: tuple[Waiver, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict of a run and everything it rests on.

    Attributes
    ----------
    verdict
        The outcome that decided: the first failed one that counts, else the first undecided one, else
        the first passed one. Where an objection did not count, a `Passed` of the code ``LN000`` that
        says so.
    checks
        Every check's outcome, in the order they ran, whether or not it counts.
    validation
        Great Expectations' result document for the same limits, plain JSON; None when switched off.
    rulings
        How each outcome of `checks` counts, in the same order; empty: each counts.
    waivers
        What became of every waiver, expired ones included.
    preset
        Name of the policy that the severities come from.
    reporting_only
        Whether the noise budget cannot fail the run.
    baseline
        The accepted run that this one was compared with; None for the first.
    """

    verdict: Verdict
    checks: tuple[Verdict, ...]
    validation: dict[str, Any] | None = field(default=None)
    rulings: tuple[Ruling, ...] = ()
    waivers: tuple[WaiverUse, ...] = ()
    preset: str = "standard"
    reporting_only: bool = False
    baseline: Baseline | None = None

    def ruled(self) -> tuple[tuple[Verdict, Ruling], ...]:
        """Return every outcome beside how it counts."""
        rulings = self.rulings or (Ruling(),) * len(self.checks)
        return tuple(zip(self.checks, rulings, strict=True))

    @property
    def warnings(self) -> tuple[Verdict, ...]:
        """The outcomes that object and only warn."""
        return tuple(o for o, ruling in self.ruled() if o.status != "passed" and ruling.effect == "warns")
