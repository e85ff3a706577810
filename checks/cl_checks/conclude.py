"""From outcomes, severities and waivers to the verdict and its words. Runs no check."""

from collections.abc import Sequence

from cl_checks.policy import Policy
from cl_checks.waivers import Waived, waived
from cl_core.context import Context
from cl_core.verdict import Effect, Failed, Passed, Ruling, Severity, Undecided, Verdict

POLICY_CODE, POLICY_NAME = "LN000", "policy"

# Worst first. A failed check outranks an undecided one: a limit that is broken stays broken.
WORST_FIRST: tuple[type[Verdict], ...] = (Failed, Undecided, Passed)
_EFFECTS: dict[Severity, Effect] = {"fail": "counts", "warn": "warns", "info": "informs"}
_MOST_TOLD = 3


def rule(outcomes: Sequence[Verdict], policy: Policy, context: Context) -> tuple[Ruling, ...]:
    """Say how each outcome counts."""
    today = context.time.date()
    return tuple(
        _ruling(policy.severity_of(outcome.name), waived(outcome, policy.waivers, today))
        for outcome in outcomes
    )


def _ruling(severity: Severity, taken: Waived) -> Ruling:
    return Ruling(severity, "waived" if taken.everything else _EFFECTS[severity], taken.waivers)


def conclude(outcomes: Sequence[Verdict], rulings: Sequence[Ruling], *, reporting_only: bool) -> Verdict:
    """Take the worst outcome that counts; where an objection does not count, say so in the verdict.

    Parameters
    ----------
    outcomes, rulings
        What the checks concluded and how each counts, in the same order.
    reporting_only
        Whether the noise budget cannot fail the run.

    Returns
    -------
    Verdict
        The first failed outcome that counts, else the first undecided one. Else the first passed
        one, unless an objection was waived or only warns: then a `Passed` of the code LN000 that
        names it.
    """
    pairs = list(zip(outcomes, rulings, strict=True))
    counted = [outcome for outcome, ruling in pairs if ruling.effect == "counts"]
    let_by = [pair for pair in pairs if pair[0].status != "passed" and pair[1].effect != "counts"]
    told = [pair for pair in let_by if pair[1].effect != "informs"]
    found = next((o for worst in WORST_FIRST for o in counted if isinstance(o, worst)), None)
    if found is not None and (found.status != "passed" or not (told or reporting_only)):
        return found
    return Passed(
        POLICY_CODE, POLICY_NAME, _says(told or let_by, reporting_only=reporting_only), remedy=_remedy(told)
    )


def _says(let_by: Sequence[tuple[Verdict, Ruling]], *, reporting_only: bool) -> str:
    waivers = sum(ruling.effect == "waived" for _, ruling in let_by)
    warnings = sum(ruling.effect == "warns" for _, ruling in let_by)
    counted = [_count(waivers, "waived check"), _count(warnings, "warning")]
    with_what = " and ".join(part for part in counted if part)
    first = "Reporting only: nothing here stops a pipeline." if reporting_only else ""
    passed = f"Passed with {with_what}." if with_what else "No check objects." if not let_by else ""
    parts = [f"{o.name} {o.status}{_by(ruling)}: {o.says}" for o, ruling in let_by[:_MOST_TOLD]]
    more = f"And {len(let_by) - _MOST_TOLD} more." if len(let_by) > _MOST_TOLD else ""
    return " ".join(part for part in (first, passed, *parts, more) if part)


def _by(ruling: Ruling) -> str:
    if ruling.effect != "waived":
        return ""
    names = ", ".join(f"{w.owner} until {w.until}: {w.reason}" for w in ruling.waivers[:_MOST_TOLD])
    return f" (waived by {names})"


def _remedy(told: Sequence[tuple[Verdict, Ruling]]) -> str:
    return next((outcome.remedy for outcome, ruling in told if ruling.effect == "warns"), "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""
