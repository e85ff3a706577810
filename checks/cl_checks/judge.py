"""From evidence to one verdict: runs the checks and takes the worst outcome. Contains no rule itself."""

from collections import Counter
from collections.abc import Sequence
from math import isfinite
from typing import TypeAlias

from pydantic import BaseModel

from cl_core.errors import ConfigError, GateError, LabelgateError, PluginError
from cl_core.evidence import Evidence
from cl_core.hooks import Check
from cl_core.verdict import Failed, Judgement, Passed, Undecided, Verdict

ConfiguredCheck: TypeAlias = tuple[Check, BaseModel]

# Worst first. A failed check outranks an undecided one: a limit that is broken stays broken.
_WORST_FIRST: tuple[type[Verdict], ...] = (Failed, Undecided, Passed)


def judge(evidence: Evidence, checks: Sequence[ConfiguredCheck]) -> Judgement:
    """Run every check and conclude.

    Parameters
    ----------
    evidence
        What was measured about the labels.
    checks
        Checks with their validated options, in the order they run and are reported.

    Returns
    -------
    Judgement
        Its verdict is the first failed outcome, else the first undecided, else the first passed.

    Raises
    ------
    GateError
        For no checks or no rows: nothing judged is never a pass.
    ConfigError
        For a check named twice, or options that belong to another check.
    PluginError
        For a check that crashes or concludes something that is no verdict of its own.
    """
    _refuse_nothing(evidence, checks)
    _refuse_mixed_up(checks)
    outcomes = tuple(_run(check, options, evidence) for check, options in checks)
    decided = next(o for worst in _WORST_FIRST for o in outcomes if isinstance(o, worst))
    return Judgement(decided, outcomes)


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
    if not isinstance(outcome, _WORST_FIRST):
        raise _blame(check, f"returned {outcome!r}, wanted Passed, Failed or Undecided")
    if (outcome.code, outcome.name) != (check.code, check.name):
        raise _blame(check, f"answered in the name of {outcome.code} {outcome.name!r}")
    for number in (outcome.measured, outcome.limit):
        if number is not None and not isfinite(number):
            raise _blame(check, f"measured {outcome.measured} against the limit {outcome.limit}")


def _blame(check: Check, did: str) -> PluginError:
    module = getattr(check.check, "__module__", "an unknown module")
    return PluginError(
        f"check {check.code} {check.name!r} from {module} {did}",
        hint=f"report it to the authors of {module}, or switch {check.name} off under `checks`",
    )
