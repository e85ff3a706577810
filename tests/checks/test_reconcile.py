"""Our verdict beside Great Expectations' answer; its documents are written by hand here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cl_checks import ValidationRequest, reconcile, request_for
from cl_core import Failed, GateError, Judgement, Passed, Ruling, Undecided, Verdict

KEYS = (
    "noise_rate",
    "enough_rows",
    "id_known",
    "id_unique",
    "given_label_known",
    "suggested_label_known",
    "quality_known",
    "quality_in_range",
    "flag_known",
    "unflagged_keep_their_label",
)
Document = dict[str, Any]


def document(rate: float = 0.04, limit: float = 0.05, *, within: bool | None = None) -> Document:
    """Write what Great Expectations answers when all is well, but for the noise rate."""
    met = rate <= limit if within is None else within
    answers: list[Document] = [
        {
            "key": key,
            "type": f"expect_{key}",
            "description": f"about {key}",
            "success": met if key == "noise_rate" else True,
            "observed": rate if key == "noise_rate" else 0,
            "limits": {"max_value": limit} if key == "noise_rate" else {},
            "exception": None,
        }
        for key in KEYS
    ]
    asked = {"noise_rate": rate, "max_noise_rate": limit, "min_rows": 50, "n_rows": None}
    return {"run_name": "run", **asked, "expectations": answers}


def judgement(outcome: type[Verdict] = Passed, rate: float = 0.04, limit: float = 0.05) -> Judgement:
    """Conclude LN001 as told, and nothing else."""
    verdict = outcome("LN001", "noise-budget", "by hand", rate, limit)
    return Judgement(verdict, (verdict,))


@pytest.mark.parametrize(
    ("outcome", "rate"),
    [(Passed, 0.04), (Passed, 0.05), (Failed, 0.06), (Undecided, 0.04), (Undecided, 0.06)],
)
def test_an_answer_that_agrees_goes_on_record(outcome: type[Verdict], rate: float) -> None:
    """The verdict stays; undecided agrees with either, as long as the numbers compare alike."""
    ours, theirs = judgement(outcome, rate), document(rate)
    result = reconcile(ours, theirs)
    assert result.verdict is ours.verdict
    assert result.validation == theirs


def test_a_budget_that_is_waived_or_only_warns_is_held_against_its_own_numbers() -> None:
    """The run passes by policy; Great Expectations must still find the limit broken."""
    failed = Failed("LN001", "noise-budget", "by hand", 0.06, 0.05)
    passed = Passed("LN000", "policy", "Passed with 1 waived check.")
    ours = Judgement(passed, (failed,), rulings=(Ruling("fail", "waived"),))
    assert reconcile(ours, document(0.06)).verdict is passed
    with pytest.raises(GateError):
        reconcile(ours, document(0.06, within=True))


@pytest.mark.parametrize(
    ("outcome", "rate", "within"),
    [
        (Passed, 0.04, False),
        (Passed, 0.06, False),  # ours contradicts its own numbers, theirs does not
        (Passed, 0.06, True),
        (Failed, 0.06, True),
        (Failed, 0.04, True),
        (Failed, 0.04, False),
        (Undecided, 0.04, False),
        (Undecided, 0.06, True),
    ],
)
def test_a_disagreement_is_an_error(outcome: type[Verdict], rate: float, *, within: bool) -> None:
    """Whoever is wrong, there is no verdict; least of all a pass."""
    with pytest.raises(GateError, match="our verdict is"):
        reconcile(judgement(outcome, rate), document(rate, within=within))


@pytest.mark.parametrize(("rate", "limit"), [(0.03, 0.05), (0.04, 0.06)])
def test_an_answer_to_another_request_is_an_error(rate: float, limit: float) -> None:
    """Another rate or another limit: that answer is not about this run."""
    with pytest.raises(GateError, match=r"our verdict 0\.04 with 0\.05"):
        reconcile(judgement(), document(rate, limit))


@pytest.mark.parametrize(
    "exchanged", [{"observed": 0.03}, {"observed": None}, {"limits": {"max_value": 0.9}}, {"limits": {}}]
)
def test_an_answer_that_compared_other_numbers_is_an_error(exchanged: Document) -> None:
    """What was asked is not enough: the numbers that were compared must be ours."""
    theirs = document()
    theirs["expectations"][0] |= exchanged
    with pytest.raises(GateError, match=r"our verdict 0\.04 with 0\.05"):
        reconcile(judgement(), theirs)


@pytest.mark.parametrize("empty", [{}, {"expectations": []}, {"expectations": None}, {"success": True}])
def test_an_empty_answer_is_an_error(empty: Document) -> None:
    """A suite that lost its expectations calls itself a success; not here."""
    with pytest.raises(GateError, match="checked nothing"):
        reconcile(judgement(), empty)


@pytest.mark.parametrize("key", KEYS)
def test_each_missing_expectation_is_an_error(key: str) -> None:
    """No expectation may be dropped, noise rate or other."""
    theirs = document()
    theirs["expectations"] = [e for e in theirs["expectations"] if e["key"] != key]
    with pytest.raises(GateError, match=key):
        reconcile(judgement(), theirs)


def test_a_doubled_or_unknown_expectation_is_an_error() -> None:
    """Of two answers nobody knows which counts, and an unknown one was not asked for."""
    doubled, unknown = document(), document()
    doubled["expectations"].append(doubled["expectations"][3])
    unknown["expectations"].append({"key": None, "success": True, "exception": None})
    for theirs, named in ((doubled, "id_unique"), (unknown, "None")):
        with pytest.raises(GateError, match=named):
            reconcile(judgement(), theirs)


def test_the_row_count_must_be_answered_once_it_was_asked() -> None:
    """A document that was asked for all rows and does not speak of them is incomplete."""
    theirs = document() | {"n_rows": 200}
    with pytest.raises(GateError, match="all_rows"):
        reconcile(judgement(), theirs)


@pytest.mark.parametrize("key", KEYS)
def test_each_exception_inside_is_an_error(key: str) -> None:
    """An expectation that crashed found nothing, whatever its success says."""
    theirs = document()
    answer = next(e for e in theirs["expectations"] if e["key"] == key)
    answer["exception"] = "no such table"
    with pytest.raises(GateError, match=f"crashed in {key}.*no such table"):
        reconcile(judgement(), theirs)


@pytest.mark.parametrize("success", [None, "true", 1])
def test_success_must_be_true_or_false(success: Any) -> None:
    """Truthy is not true."""
    theirs = document()
    theirs["expectations"][0]["success"] = success
    with pytest.raises(GateError, match="wanted true or false"):
        reconcile(judgement(), theirs)


@pytest.mark.parametrize("key", KEYS[2:])
@pytest.mark.parametrize("outcome", [Passed, Undecided])
def test_a_damaged_scored_table_is_an_error(key: str, outcome: type[Verdict]) -> None:
    """A verdict that rests on a broken table is none."""
    theirs = document()
    next(e for e in theirs["expectations"] if e["key"] == key)["success"] = False
    with pytest.raises(GateError, match=f"not sound: about {key}"):
        reconcile(judgement(outcome), theirs)


@pytest.mark.parametrize(
    ("coverage", "agrees"), [(Undecided, True), (Failed, True), (Passed, False), (None, False)]
)
def test_too_few_rows_must_be_our_finding_too(coverage: type[Verdict] | None, *, agrees: bool) -> None:
    """Great Expectations may count too few rows only where LN003 did not pass."""
    ours, theirs = judgement(), document()
    theirs["expectations"][1]["success"] = False
    if coverage is not None:
        outcome = coverage("LN003", "coverage", "by hand", 12, 50)
        ours = Judgement(ours.verdict, (*ours.checks, outcome))
    if agrees:
        assert reconcile(ours, theirs).validation == theirs
    else:
        with pytest.raises(GateError, match="too few"):
            reconcile(ours, theirs)


def test_without_a_noise_budget_there_is_nothing_to_agree_on(evidence: Callable[..., Any]) -> None:
    """The error says which check to switch on."""
    verdict = Passed("LN003", "coverage", "by hand", evidence().n_rows, 50)
    with pytest.raises(GateError, match="LN001 did not run") as caught:
        reconcile(Judgement(verdict, (verdict,)), document())
    assert "noise-budget" in caught.value.hint
    with pytest.raises(GateError, match="LN001 did not run"):
        request_for(Judgement(verdict, (verdict,)), scored=Path("s.parquet"), n_rows=200, run_name="run")


def test_the_request_asks_about_the_numbers_that_decided() -> None:
    """LN001's measured and limit are what Great Expectations compares; without them there is no request."""
    asked = request_for(
        judgement(Failed, 0.06), scored=Path("s.parquet"), n_rows=200, run_name="run", min_rows=50
    )
    assert asked == ValidationRequest("s.parquet", 0.06, 0.05, 50, 200, "run")
    silent = Passed("LN001", "noise-budget", "another's check under our code")
    with pytest.raises(GateError, match="compared no numbers"):
        request_for(Judgement(silent, (silent,)), scored=Path("s.parquet"), n_rows=200, run_name="run")
