"""From outcomes to one verdict, and every way a check can break the judge."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cl_checks import judge
from cl_checks.builtin import labelgate_checks
from cl_checks.options import Options
from cl_core import (
    Check,
    ConfigError,
    Evidence,
    Failed,
    GateError,
    InputError,
    Passed,
    PluginError,
    Undecided,
    Verdict,
)

Make = Callable[..., Evidence]
OUTCOMES: dict[str, type[Verdict]] = {"pass": Passed, "fail": Failed, "undecided": Undecided}


def a_check(answer: Any, code: str = "AC001") -> tuple[Check, Options]:
    """Build a check that returns or raises `answer`."""

    def check(_evidence: Evidence, _options: Options) -> Any:
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return Check(code, "acme", "for tests", Options, check), Options()


@pytest.mark.parametrize(
    ("outcomes", "decides"),
    [
        (["pass"], 0),
        (["pass", "undecided"], 1),
        (["undecided", "pass", "fail"], 2),
        (["fail", "undecided", "fail"], 0),
        (["undecided", "undecided"], 0),
    ],
)
def test_the_worst_outcome_is_the_verdict(evidence: Make, outcomes: list[str], decides: int) -> None:
    """Failed outranks undecided, undecided outranks passed, and the first of the worst decides."""
    answers = [OUTCOMES[word](f"AC{i}", "acme", word) for i, word in enumerate(outcomes)]
    judgement = judge(evidence(), [a_check(answer, answer.code) for answer in answers])
    assert judgement.verdict is answers[decides]
    assert judgement.checks == tuple(answers)
    assert judgement.validation is None


def test_no_checks_is_never_a_pass(evidence: Make) -> None:
    """A gate that looked at nothing says so."""
    with pytest.raises(GateError, match="nothing was judged"):
        judge(evidence(), [])


def test_no_rows_is_never_a_pass(evidence: Make) -> None:
    """A check that would pass an empty batch is not even asked."""
    full = evidence()
    empty = replace(full, scored=full.scored.iloc[:0])
    with pytest.raises(GateError, match="no rows"):
        judge(empty, [a_check(Passed("AC001", "acme", "all fine"))])


@pytest.mark.parametrize("crash", [ZeroDivisionError("by zero"), SystemExit(0)])
def test_a_crash_names_the_check_and_its_module(evidence: Make, crash: BaseException) -> None:
    """Even leaving with exit code 0 is a crash: in a shell it would read as a pass."""
    with pytest.raises(PluginError, match=r"check AC001 'acme' from .*test_judge.* crashed") as caught:
        judge(evidence(), [a_check(crash)])
    assert caught.value.__cause__ is crash


def test_an_error_of_our_own_keeps_its_kind(evidence: Make) -> None:
    """A check that refuses its input is not called a crash."""
    with pytest.raises(InputError):
        judge(evidence(), [a_check(InputError("no such column"))])


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, "returned None"),
        (True, "returned True"),
        (Passed("LN001", "noise-budget", "fine"), "in the name of LN001"),
        (Passed("AC001", "acme", "fine", float("nan"), 0.05), "measured nan"),
        (Passed("AC001", "acme", "fine", 0.04, float("inf")), "limit inf"),
    ],
)
def test_what_is_no_verdict_of_the_check_is_refused(evidence: Make, answer: Any, says: str) -> None:
    """Nothing, a truth value, another check's verdict and numbers that cannot be compared are no answer."""
    with pytest.raises(PluginError, match=says):
        judge(evidence(), [a_check(answer)])


def test_one_check_twice_and_foreign_options_are_refused(evidence: Make) -> None:
    """Two limits for one check cannot both count, and options belong to their check."""
    check, options = a_check(Passed("AC001", "acme", "fine"))
    with pytest.raises(ConfigError, match="2 times"):
        judge(evidence(), [(check, options), (check, options)])
    budget = next(iter(labelgate_checks()))
    with pytest.raises(ConfigError, match="wanted NoiseBudgetOptions"):
        judge(evidence(), [(budget, options)])


def test_the_built_in_checks_judge_together(evidence: Make, noise: Callable[..., Any]) -> None:
    """4 % at a limit of 5 % passes; the same at 3 % fails; with twelve rows a class it fails all the same."""
    budget, quality, coverage = list(labelgate_checks())[:3]
    assert [c.code for c in (budget, quality, coverage)] == ["LN001", "LN002", "LN003"]

    def verdict(limit: float, rows: tuple[int, ...] = (120, 80)) -> Verdict:
        configured = [
            (budget, budget.options(max_noise_rate=limit)),
            (quality, quality.options()),
            (coverage, coverage.options()),
        ]
        return judge(evidence(noise(), rows=rows, wrong=1), configured).verdict

    assert isinstance(verdict(0.05), Passed)
    assert isinstance(verdict(0.03), Failed)
    assert isinstance(verdict(0.03, (12, 12)), Failed)
    assert verdict(0.05, (12, 12)).code == "LN003"
