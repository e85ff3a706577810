"""Our verdict beside Great Expectations' answer: they agree, or there is no verdict. Decides nothing."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn

from cl_checks import coverage, noise_budget
from cl_core.errors import GateError
from cl_core.verdict import Judgement, Passed, Verdict

# The keys under which the expectations answer; each must be there exactly once.
NOISE_RATE = "noise_rate"
ENOUGH_ROWS = "enough_rows"
ALL_ROWS = "all_rows"
FLAGGED_ROWS = "flagged_rows"
TABLE_IS_SOUND = (
    "id_known",
    "id_unique",
    "given_label_known",
    "suggested_label_known",
    "quality_known",
    "quality_in_range",
    "flag_known",
    "unflagged_keep_their_label",
)

_REPORT = "this is a fault of labelgate or Great Expectations, not of the labels: report it with this run"


def reconcile(judgement: Judgement, validation: Mapping[str, Any]) -> Judgement:
    """Hold Great Expectations' answer against the verdict and put it on record.

    Parameters
    ----------
    judgement
        What the checks concluded; LN001 must be among them.
    validation
        The document of `cl_checks.gx.scored.validate_scored`, run with LN001's `measured` and
        `limit`, and with LN003's `min_rows` where that check is on.

    Returns
    -------
    Judgement
        The same verdict with the document as `validation`.

    Raises
    ------
    GateError
        For an answer that is empty, incomplete, about other numbers, or different from the verdict,
        and for an exception inside Great Expectations. None of these is ever a pass.
    """
    answers = _answers(validation)
    _refuse_noise(judgement, validation, answers[NOISE_RATE])
    if not answers[ENOUGH_ROWS]["success"]:
        _refuse_row_count(judgement, answers[ENOUGH_ROWS])
    for key, answer in answers.items():
        if key not in (NOISE_RATE, ENOUGH_ROWS) and not answer["success"]:
            raise GateError(
                f"the scored table is not sound: {answer['description']} "
                f"(Great Expectations found {answer['observed']!r})",
                hint="the verdict rests on a table that was damaged or exchanged: run the gate again",
            )
    if FLAGGED_ROWS in answers:
        _refuse_flagged(validation, answers[FLAGGED_ROWS])
    return replace(judgement, validation=dict(validation))


def budget_outcome(judgement: Judgement) -> Verdict:
    """Return LN001's outcome, whose `measured` and `limit` are what Great Expectations must compare."""
    ours = _outcome(judgement, noise_budget.CODE)
    if ours is None:
        raise GateError(
            f"Great Expectations has no noise rate to compare: {noise_budget.CODE} did not run",
            hint=f"switch {noise_budget.NAME} on under `checks`, or Great Expectations off",
        )
    return ours


def _answers(validation: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the answers by key, after refusing whatever is missing, doubled, unasked or crashed."""
    listed = validation.get("expectations")
    if not isinstance(listed, list) or not listed:
        _refuse("checked nothing: its result holds no expectations")
    asked = {NOISE_RATE, ENOUGH_ROWS, *TABLE_IS_SOUND}
    if validation.get("n_rows") is not None:
        asked.add(ALL_ROWS)
    if validation.get("n_flagged") is not None:
        asked.add(FLAGGED_ROWS)
    keys = [str(answer.get("key")) for answer in listed]
    if sorted(keys) != sorted(asked):
        odd = sorted(asked.symmetric_difference(keys)) or sorted({k for k in keys if keys.count(k) > 1})
        _refuse(f"did not answer exactly what it was asked: {', '.join(odd)} missing, doubled or unknown")
    for answer in listed:
        if answer.get("exception") is not None:
            _refuse(f"crashed in {answer['key']} ({answer.get('type')}): {answer['exception']}")
        if not isinstance(answer.get("success"), bool):
            _refuse(f"answered {answer['key']} with {answer.get('success')!r}, wanted true or false")
    return dict(zip(keys, listed, strict=True))


def _refuse_noise(judgement: Judgement, validation: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    """Refuse a noise rate that Great Expectations compared otherwise than LN001 did."""
    ours = budget_outcome(judgement)
    compared = (answer.get("observed"), (answer.get("limits") or {}).get("max_value"))
    asked = (validation.get("noise_rate"), validation.get("max_noise_rate"))
    if compared != asked or asked != (ours.measured, ours.limit):
        _refuse(
            f"compared {compared[0]} with {compared[1]} (asked: {asked[0]} with {asked[1]}), "
            f"our verdict {ours.measured} with {ours.limit}"
        )
    within = ours.measured is not None and ours.limit is not None and ours.measured <= ours.limit
    # Undecided has no counterpart there: a rate within the limit that is not identified, or an interval
    # across it. So the comparison itself must agree, and Passed and Failed must follow from it.
    contradicts = (ours.status == "passed" and not within) or (ours.status == "failed" and within)
    if contradicts or answer["success"] is not within:
        met = "met" if answer["success"] else "broken"
        _refuse(
            f"finds the limit {met} at {ours.measured} against {ours.limit}, our verdict is {ours.status}"
        )


def _refuse_flagged(validation: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    """Refuse a count of flagged rows that is not ours; the expectation itself only knows too many."""
    ours = validation["n_flagged"] / max(1, validation.get("n_rows") or 1)
    if answer.get("observed") != ours:
        _refuse(f"finds a share of {answer.get('observed')!r} flagged rows in the scored table, we {ours!r}")


def _refuse_row_count(judgement: Judgement, answer: Mapping[str, Any]) -> None:
    """Refuse too few rows that our own check did not object to."""
    ours = _outcome(judgement, coverage.CODE)
    if ours is None or isinstance(ours, Passed):
        said = "did not run" if ours is None else "passed"
        _refuse(f"counts {answer['observed']} rows, too few for its limit, but {coverage.CODE} {said}")


def _outcome(judgement: Judgement, code: str) -> Verdict | None:
    return next((outcome for outcome in judgement.checks if outcome.code == code), None)


def _refuse(did: str) -> NoReturn:
    raise GateError(f"Great Expectations {did}", hint=_REPORT)
