"""How outcomes count: severities, waivers, prerequisites, and what the verdict says of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cl_checks import PRESETS, Policy, judge
from cl_checks.builtin import labelgate_checks
from cl_checks.options import Options
from cl_core import (
    Breach,
    Check,
    ConfigError,
    Context,
    Evidence,
    Failed,
    Judgement,
    Passed,
    Undecided,
    Verdict,
    Waiver,
)

Make = Callable[..., Evidence]
TODAY = date(2026, 6, 15)
CAT, DOG = (("class", "cat"),), (("class", "dog"),)


def a_check(name: str, outcome: type[Any], breaches: Any = (), rests_on: Any = ()) -> tuple[Check, Options]:
    """Build a check that always concludes the same."""
    answer = outcome(f"X-{name}", name, f"{name} says so", 0.3, 0.2, f"mend {name}", breaches)
    return Check(f"X-{name}", name, "for tests", Options, lambda *_: answer, rests_on), Options()


def judged(make: Make, checks: Any, waivers: Any = (), **severities: Any) -> Judgement:
    evidence = replace(make(), context=Context(now=datetime(2026, 6, 15, 12, tzinfo=UTC)))
    named = {name.replace("_", "-"): severity for name, severity in severities.items()}
    return judge(evidence, checks, Policy("standard", named, tuple(waivers)))


def waiver(check: str = "a", where: Any = (), until: date = TODAY) -> Waiver:
    return Waiver(check, "known since May", "kim", until, where)


def test_a_warning_never_decides_and_is_told_in_the_verdict(evidence: Make) -> None:
    """Failed or undecided, at the severity warn: the run passes and says so."""
    for outcome in (Failed, Undecided):
        found = judged(evidence, [a_check("a", Passed), a_check("b", outcome)], b="warn")
        assert found.verdict.status == "passed"
        assert found.verdict.code == "LN000"
        assert "Passed with 1 warning" in found.verdict.says
        assert "b says so" in found.verdict.says
        assert found.verdict.remedy == "mend b"
        assert [check.name for check in found.warnings] == ["b"]
        assert found.checks[1].status == outcome.status


def test_info_is_listed_and_changes_no_word(evidence: Make) -> None:
    """The verdict is the first pass, as if the check were not there."""
    found = judged(evidence, [a_check("a", Passed), a_check("b", Failed)], b="info")
    assert found.verdict is found.checks[0]
    assert found.warnings == ()


def test_a_failure_that_counts_is_not_outweighed(evidence: Make) -> None:
    """Warnings and waivers beside it do not matter."""
    checks = [a_check("a", Failed), a_check("b", Failed), a_check("c", Failed)]
    found = judged(evidence, checks, [waiver("a")], b="warn")
    assert found.verdict is found.checks[2]


def test_a_noise_budget_that_only_warns_is_said_loudly(evidence: Make) -> None:
    """Even of a pass: people must not take the gate for one."""
    for outcome, told in ((Passed, "No check objects"), (Failed, "noise-budget failed")):
        found = judged(evidence, [a_check("noise-budget", outcome)], noise_budget="warn")
        assert found.reporting_only
        assert found.verdict.status == "passed"
        assert found.verdict.says.startswith("Reporting only: nothing here stops a pipeline.")
        assert told in found.verdict.says
    quiet = judged(evidence, [a_check("noise-budget", Failed)], noise_budget="info")
    assert "noise-budget failed" in quiet.verdict.says


@pytest.mark.parametrize(
    ("where", "until", "status", "state", "count"),
    [
        ((), TODAY, "passed", "used", 2),
        ((), date(2026, 6, 14), "failed", "expired", 0),
        (CAT, TODAY, "failed", "used", 1),
        ((("class", "owl"),), TODAY, "failed", "idle", 0),
    ],
)
def test_a_waiver_takes_away_what_it_names_until_its_last_day(
    evidence: Make, where: Any, until: date, status: str, state: str, count: int
) -> None:
    """Cat and dog break the limit; the waiver is about all of it, about cat, or about neither."""
    breaches = (Breach(CAT, "cat 30%"), Breach(DOG, "dog 40%"))
    checks = [a_check("a", Failed, breaches), a_check("b", Passed)]
    found = judged(evidence, checks, [waiver("a", where, until)])
    assert found.verdict.status == status
    assert [(use.state, use.waived) for use in found.waivers] == [(state, count)]
    assert found.checks[0].status == "failed"


def test_waivers_of_all_parts_together_pass_and_are_named(evidence: Make) -> None:
    """One for cat, one for dog; the check stays failed on record."""
    breaches = (Breach(CAT, "cat 30%"), Breach(DOG, "dog 40%"))
    checks = [a_check("a", Failed, breaches), a_check("b", Passed)]
    found = judged(evidence, checks, [waiver("a", CAT), waiver("a", DOG)])
    assert found.verdict.status == "passed"
    for words in ("Passed with 1 waived check", "waived by kim until 2026-06-15: known since May"):
        assert words in found.verdict.says
    assert [ruling.effect for ruling in found.rulings] == ["waived", "counts"]


def test_a_waiver_for_one_part_does_not_cover_an_objection_to_the_whole(evidence: Make) -> None:
    """An outcome without parts is waived as a whole or not at all."""
    assert judged(evidence, [a_check("a", Failed)], [waiver("a", CAT)]).verdict.status == "failed"
    assert judged(evidence, [a_check("a", Undecided)], [waiver("a")]).verdict.status == "passed"


def test_a_pass_that_rests_on_an_open_check_is_undecided(evidence: Make) -> None:
    """Even where that check only warns; where somebody answers for it, it may be built on."""
    checks = [
        a_check("a", Undecided),
        a_check("b", Passed, rests_on=("a",)),
        a_check("c", Failed, (), ("a",)),
    ]
    found = judged(evidence, checks[:2], a="warn")
    assert found.verdict.code == "X-b"
    assert found.verdict.status == "undecided"
    assert "rests on a, which is undecided" in found.verdict.says
    assert judged(evidence, checks).checks[2].status == "failed"
    assert judged(evidence, checks[:2], [waiver("a")]).verdict.status == "passed"
    with pytest.raises(ConfigError, match="rests on a"):
        judged(evidence, checks[1:2])


def test_a_first_run_without_a_baseline_rests_on_nothing(evidence: Make) -> None:
    """It said that there is nothing to compare with; a weak model does not turn that into no verdict."""
    first = Check("X-b", "b", "for tests", Options, lambda *_: Passed("X-b", "b", "no run yet"), ("a",))
    found = judged(evidence, [a_check("a", Undecided), (first, Options())], a="warn")
    assert found.checks[1].status == found.verdict.status == "passed"


def test_presets_name_checks_that_exist() -> None:
    """And `standard` begins with the three that every gate ran before there were presets."""
    known = {check.name for check in labelgate_checks()}
    assert all(set(preset.checks) <= known for preset in PRESETS.values())
    assert list(PRESETS["standard"].checks)[:3] == ["noise-budget", "model-quality", "coverage"]
    assert set(PRESETS["report-only"].checks) == set(PRESETS["strict"].checks)
    assert set(PRESETS["report-only"].checks.values()) == {"warn"}


severities = st.sampled_from(["fail", "warn", "info"])
kinds = st.sampled_from([Passed, Failed, Undecided])


@given(outcomes=st.lists(st.tuples(kinds, severities, st.booleans()), min_size=1, max_size=5))
def test_the_verdict_passes_only_without_an_objection_that_counts(
    evidence: Make, outcomes: list[Any]
) -> None:
    """Whatever is mixed: failed if one fails that counts, undecided if one is, else passed."""
    checks = [a_check(f"c{i}", kind) for i, (kind, _, _) in enumerate(outcomes)]
    waivers = [waiver(f"c{i}") for i, (_, _, waived) in enumerate(outcomes) if waived]
    named = {f"c{i}": severity for i, (_, severity, _) in enumerate(outcomes)}
    found: Verdict = judged(evidence, checks, waivers, **named).verdict
    counted = {kind for kind, severity, waived in outcomes if severity == "fail" and not waived}
    wanted = Failed if Failed in counted else Undecided if Undecided in counted else Passed
    assert type(found) is wanted
