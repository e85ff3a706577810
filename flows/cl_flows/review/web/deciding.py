"""Decisions as they come in: written, then acknowledged; and the last one taken back."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from cl_core.errors import InputError
from cl_flows.review.decisions import Action, NewDecision, decide, undo
from cl_flows.review.web import words
from cl_flows.review.web.guard import FORM, WHO, Refused
from cl_flows.review.web.progress import progress
from cl_flows.review.web.public import own_path
from cl_flows.review.web.rows import checked_position
from cl_flows.review.web.shelf import Opened, shelf_of

router = APIRouter()

_TAKE = "take"
_MOST_TOKEN = 100
_MOST_NOTE = 500
_LONGEST_CODE = 9


@router.post("/runs/{run_id}/decisions")
def decided(request: Request, run_id: str) -> Response:
    """Put one decision on record, and say so once it is there."""
    shelf = shelf_of(request)
    run, me = shelf.opened(run_id), request.scope[WHO]
    form = dict(request.scope[FORM])
    made = read_decision(run, form)
    double = form.get("double") == "1"
    decide(shelf.database, run.key, me, [made], blind=double)
    if not _wants_json(request):
        return RedirectResponse(own_path(form.get("next", "/")), status_code=303)
    return JSONResponse(_told(run, made.position, me, double=double))


@router.post("/runs/{run_id}/undo")
def undone(request: Request, run_id: str) -> Response:
    """Take back the person's newest decision."""
    shelf = shelf_of(request)
    run, me = shelf.opened(run_id), request.scope[WHO]
    token = dict(request.scope[FORM]).get("token", "")[:_MOST_TOKEN]
    taken = undo(shelf.database, run.key, me, token=token)
    if taken is None:
        raise Refused(409, "there is nothing of yours to undo", "undo takes back your own decisions only")
    if not _wants_json(request):
        return RedirectResponse(f"/runs/{run_id}/rows", status_code=303)
    told = _told(run, taken.position, me, double=False)
    return JSONResponse(told | {"message": f"Taken back: row {taken.row_id}, {words.said(taken)}"})


def read_decision(run: Opened, form: dict[str, str]) -> NewDecision:
    """Read a form: a row by its place, a class by its number, an action by its name."""
    index = run.index
    position = checked_position(index, form.get("position", ""))
    said, label = form.get("action", ""), ""
    given = index.classes[int(index.given[position])]
    if said == _TAKE:
        label = index.classes[int(index.suggested[position])]
    elif said == Action.RELABEL:
        label = _class(index.classes, form.get("code", ""))
    elif said not in set(Action):
        raise InputError(f"{said[:20]!r} is no decision", hint="keep, take, relabel, ambiguous, none or skip")
    relabels = said in {_TAKE, Action.RELABEL}
    action = Action.KEEP if relabels and label == given else Action.RELABEL if relabels else Action(said)
    return NewDecision(
        position=position,
        row_id=index.id_of(position),
        given_label=given,
        action=action,
        label=label if action == Action.RELABEL else "",
        note=form.get("note", "").strip()[:_MOST_NOTE],
        token=form.get("token", "")[:_MOST_TOKEN],
    )


def _class(classes: tuple[str, ...], code: str) -> str:
    number = int(code) if code.isascii() and code.isdigit() and len(code) < _LONGEST_CODE else len(classes)
    if number >= len(classes):
        raise InputError("no class was chosen", hint="choose one of the list, then press Choose")
    return classes[number]


def _told(run: Opened, position: int, me: str, *, double: bool) -> dict[str, object]:
    run.record.refresh()
    badge = words.badge(run, position, me, double=double)
    counts = {name: f"{value:,}" for name, value in progress(run).items()}
    return {"position": position, "said": badge["text"], "kind": badge["kind"], "progress": counts}


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")
