"""The audit of a run: rows drawn at random, seen without the model's opinion, until they decide."""

import secrets
from typing import Any
from urllib.parse import urlencode

import numpy as np
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cl_core.audit.finding import AuditFinding
from cl_core.errors import InputError
from cl_flows.audits import (
    Answer,
    Audit,
    add_answers,
    finding_for_run,
    plan_for_run,
    read_answers,
    read_audit,
)
from cl_flows.review.decisions import Action, NewDecision, decide
from cl_flows.review.web.deciding import read_decision
from cl_flows.review.web.guard import FORM, WHO
from cl_flows.review.web.looks import look
from cl_flows.review.web.render import page
from cl_flows.review.web.resuming import resume_later
from cl_flows.review.web.shelf import Opened, Shelf, shelf_of

router = APIRouter()

_MOST_MORE = 10_000
_WRONG = "wrong"


@router.get("/runs/{run_id}/audit")
def audit(request: Request, run_id: str) -> Response:
    """Show the next row to check and how far the audit has come."""
    shelf = shelf_of(request)
    run = shelf.opened(run_id)
    known = read_audit(shelf.database, run_id)
    values: dict[str, Any] = {
        "run_id": run_id,
        "dataset": run.key.dataset,
        "limit": run.index.run.report["noise"]["limit"],
        "token": secrets.token_urlsafe(16),
        "classes": run.index.classes,
        "plan": None,
    }
    if known is not None:
        values |= _standing(shelf, run, known, request.query_params.get("after", ""))
    return page(request, "audit.html.j2", values)


def _standing(shelf: Shelf, run: Opened, known: Audit, after: str) -> dict[str, Any]:
    """Return what is known so far, and the next row that nobody has answered."""
    places = {int(position): place for place, position in enumerate(known.plan.positions)}
    answered = {
        places[a.position] for a in read_answers(shelf.database, known.run_id) if a.position in places
    }
    start = int(after) + 1 if after.isascii() and after.isdigit() else 0
    todo = [place for place in range(len(places)) if place not in answered]
    place = next((p for p in todo if p >= start), todo[0] if todo else None)
    finding = finding_for_run(shelf.database, known.run_id)
    return {
        "plan": known.plan,
        "n_answered": len(answered),
        "n_open": len(todo),
        "finding": finding,
        "outcome": None if finding is None else verdict(finding),
        "item": None if place is None else _blind(run, int(known.plan.positions[place]), place),
    }


def _blind(run: Opened, position: int, place: int) -> dict[str, Any]:
    """Return a row as people see it who must not know what the model thinks: no marks, no suggestion."""
    row, seen = run.index.row(position), look(run, position, large=True)
    if seen["kind"] == "text":
        seen["words"] = [{**word, "level": 0, "against": False} for word in seen["words"]]
    return {"row": row, "look": seen, "place": place}


@router.post("/runs/{run_id}/audit/plan")
def planned(request: Request, run_id: str) -> Response:
    """Draw rows for a new audit, or more of them for one that goes on."""
    shelf = shelf_of(request)
    run, form = shelf.opened(run_id), dict(request.scope[FORM])
    more = form.get("more", "")
    limit = form.get("limit", "")
    plan_for_run(
        shelf.database,
        run.index.run.folder,
        max_noise_rate=_limit(limit) if limit else None,
        rows=None,
        more=min(int(more), _MOST_MORE) if more.isascii() and more.isdigit() else 0,
        seed=0,
    )
    return RedirectResponse(f"/runs/{run_id}/audit", status_code=303)


def _limit(text: str) -> float:
    """Read a limit in percent."""
    try:
        limit = float(text) / 100
    except ValueError:
        limit = 0.0
    if not 0 < limit < 1:
        raise InputError(f"{text[:20]!r} is no limit", hint="write a percentage, such as 5")
    return limit


@router.post("/runs/{run_id}/audit")
def answered(request: Request, run_id: str) -> Response:
    """Put one answer on record: as a word on the row, then as evidence of the audit."""
    shelf = shelf_of(request)
    run, me = shelf.opened(run_id), request.scope[WHO]
    form = dict(request.scope[FORM])
    known = read_audit(shelf.database, run_id)
    if known is None:
        raise InputError("this run has no audit plan yet", hint="plan the audit first")
    only_wrong = form.get("action") == _WRONG
    made = read_decision(run, form | {"action": Action.SKIP} if only_wrong else form)
    found = np.flatnonzero(known.plan.positions == made.position)
    if not len(found):
        raise InputError("this row is not in the audit plan", hint="only rows drawn at random can be counted")
    if not only_wrong:
        decide(shelf.database, run.key, me, [made], origin="audit", blind=True)
    answer = _answer(made, me, only_wrong=only_wrong)
    if answer is not None:
        add_answers(shelf.database, known, [answer])
        resume_later(shelf.output, shelf.database, known.fingerprint)
    # A row that nobody can tell is passed over, not asked again at once.
    after = {} if answer is not None else {"after": str(int(found[0]))}
    return RedirectResponse(f"/runs/{run_id}/audit" + (f"?{urlencode(after)}" if after else ""), 303)


def _answer(made: NewDecision, me: str, *, only_wrong: bool) -> Answer | None:
    """Return what a decision says about the given label; None where it says nothing."""
    if only_wrong:
        return Answer(made.position, me, is_wrong=True)
    match made.action:
        case Action.KEEP:
            return Answer(made.position, me, is_wrong=False)
        case Action.RELABEL:
            return Answer(made.position, me, is_wrong=True, true_label=made.label)
        case Action.NONE:
            return Answer(made.position, me, is_wrong=True)
        case _:
            return None


def verdict(finding: AuditFinding) -> dict[str, str]:
    """Say what an audit decides, in the words of `labelgate audit status`."""
    decision = finding.decision
    limit = f"{decision.max_noise_rate:.2%}"
    match decision.decision:
        case "below":
            says = f"The noise rate is under {limit} (chance to pass worse data: {decision.alpha:.0%})."
            return {"status": "passed", "says": says}
        case "above":
            says = f"The noise rate is over {limit} (chance to fail better data: {decision.beta:.0%})."
            return {"status": "failed", "says": says}
        case "undecided":
            return {"status": "undecided", "says": f"Not decided against {limit} yet."}
