"""From evidence to one verdict: runs the checks and has their outcomes counted. Contains no rule itself."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TypeAlias

from pydantic import BaseModel

from cl_checks.conclude import WORST_FIRST, conclude, rule
from cl_checks.policy import BUDGET, Policy
from cl_checks.waivers import account
from cl_core.errors import ConfigError, GateError, LabelgateError, PluginError
from cl_core.evidence import Evidence
from cl_core.hooks import Check
from cl_core.verdict import Judgement, Passed, Ruling, Undecided, Verdict

ConfiguredCheck: TypeAlias = tuple[Check, BaseModel]


def judge(evidence: Evidence, checks: Sequence[ConfiguredCheck], policy: Policy | None = None) -> Judgement:
    """Run every check and conclude.

    Parameters
    ----------
    evidence
        What was measured about the labels.
    checks
        Checks with their validated options, in the order they run and are reported.
    policy
        Severities and waivers; without one, every outcome counts.

    Returns
    -------
    Judgement
        Its verdict is the first failed outcome that counts, else the first undecided, else the first
        passed; see `cl_checks.conclude.conclude`.

    Raises
    ------
    GateError
        For no checks or no rows: nothing judged is never a pass.
    ConfigError
        For a check named twice, without a check that it rests on, or options of another check.
    PluginError
        For a check that crashes or concludes something that is no verdict of its own.
    """
    _refuse_nothing(evidence, checks)
    _refuse_mixed_up(checks)
    policy = policy or Policy()
    found = tuple(_run(check, options, evidence) for check, options in checks)
    outcomes = _with_prerequisites(checks, found, rule(found, policy, evidence.context))
    rulings = rule(outcomes, policy, evidence.context)
    only = policy.reporting_only and any(outcome.name == BUDGET for outcome in outcomes)
    return Judgement(
        conclude(outcomes, rulings, reporting_only=only),
        outcomes,
        rulings=rulings,
        waivers=account(policy.waivers, outcomes, evidence.context.time.date()),
        preset=policy.preset,
        reporting_only=only,
        baseline=evidence.context.baseline,
    )


def _refuse_nothing(evidence: Evidence, checks: Sequence[ConfiguredCheck]) -> None:
    if not checks:
        raise GateError(
            "no check is switched on, so nothing was judged",
            hint="name at least noise-budget under `checks`; the gate does not pass what it did not look at",
        )
    if evidence.n_rows == 0:
        raise GateError("there are no rows to judge", hint="an empty batch is never a pass: check the loader")


def _refuse_mixed_up(checks: Sequence[ConfiguredCheck]) -> None:
    code, times = Counter(check.code for check, _ in checks).most_common(1)[0]
    if times > 1:
        raise ConfigError(f"check {code} is switched on {times} times", hint="name each check once")
    for check, options in checks:
        if not isinstance(options, check.options):
            raise ConfigError(
                f"check {check.code} got options of type {type(options).__name__}, "
                f"wanted {check.options.__name__}",
                hint=f"build them with {check.options.__name__}(...)",
            )
    names = {check.name for check, _ in checks}
    for check, _ in checks:
        missing = [name for name in check.rests_on if name not in names]
        if missing:
            raise ConfigError(
                f"check {check.name} rests on {', '.join(missing)}, which is not switched on",
                hint=f"switch {', '.join(missing)} on as well; a gate.yaml does so by itself",
            )


def _with_prerequisites(
    checks: Sequence[ConfiguredCheck], outcomes: Sequence[Verdict], rulings: Sequence[Ruling]
) -> tuple[Verdict, ...]:
    """Turn a pass that rests on a check that did not pass into no verdict; a waived one may be built on."""
    open_checks = {
        outcome.name: outcome
        for outcome, ruling in zip(outcomes, rulings, strict=True)
        if not isinstance(outcome, Passed) and ruling.effect != "waived"
    }
    return tuple(
        _resting(check, outcome, open_checks) for (check, _), outcome in zip(checks, outcomes, strict=True)
    )


def _resting(check: Check, outcome: Verdict, open_checks: Mapping[str, Verdict]) -> Verdict:
    missed = [open_checks[name] for name in check.rests_on if name in open_checks]
    # A pass that measured nothing, such as that of a first run with nothing to compare, rests on nothing.
    if not missed or not isinstance(outcome, Passed) or outcome.measured is None:
        return outcome
    says = f"{outcome.says} But this rests on {missed[0].name}, which is {missed[0].status}."
    return Undecided(check.code, check.name, says, outcome.measured, outcome.limit, missed[0].remedy)


def _run(check: Check, options: BaseModel, evidence: Evidence) -> Verdict:
    try:
        outcome = check.check(evidence, options)
    except LabelgateError:
        raise
    except (Exception, SystemExit) as error:  # sys.exit(0) in a check must not read as a pass
        raise _blame(check, f"crashed: {type(error).__name__}: {error}") from error
    _refuse_foreign(check, outcome)
    return outcome


def _refuse_foreign(check: Check, outcome: object) -> None:
    if not isinstance(outcome, WORST_FIRST):
        raise _blame(check, f"returned {outcome!r}, wanted Passed, Failed or Undecided")
    if (outcome.code, outcome.name) != (check.code, check.name):
        raise _blame(check, f"answered in the name of {outcome.code} {outcome.name!r}")
    for one in (outcome, *outcome.breaches):
        for number in (one.measured, one.limit):
            if number is not None and not isfinite(number):
                raise _blame(check, f"measured {one.measured} against the limit {one.limit}")


def _blame(check: Check, did: str) -> PluginError:
    module = getattr(check.check, "__module__", "an unknown module")
    return PluginError(
        f"check {check.code} {check.name!r} from {module} {did}",
        hint=f"report it to the authors of {module}, or switch {check.name} off under `checks`",
    )
