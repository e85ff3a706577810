"""Answers from other tools: a file is sent, its outcome shown, and then taken on a second word."""

from collections import Counter
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from cl_flows.review.tasks import Planned, plan_answers, read_argilla, read_label_studio, take_answers
from cl_flows.review.web.guard import FORM, WHO, Refused
from cl_flows.review.web.render import page
from cl_flows.review.web.shelf import Opened, shelf_of
from cl_flows.review.web.uploads import Upload, Uploads

router = APIRouter()

_READERS = {"label-studio": read_label_studio, "argilla": read_argilla}
_TOOLS = {"label-studio": "Label Studio", "argilla": "Argilla"}
_MOST_PAIRS = 12
_MOST_PEOPLE = 20
_EXAMPLES = 12


@router.post("/runs/{run_id}/import")
async def send(request: Request, run_id: str) -> Response:
    """Take a file in and tell the address of its preview; a file that cannot be taken is refused at once."""
    kind, me = request.query_params.get("from", ""), request.scope[WHO]
    if kind not in _READERS:
        raise Refused(400, f"{kind[:20]!r} is no tool that answers come from", "choose one of the list")
    run = await run_in_threadpool(shelf_of(request).opened, run_id)
    upload = await uploads_of(request).receive(request, run_id, me, kind)
    try:
        await run_in_threadpool(_planned, request, run, upload)
    except BaseException:
        uploads_of(request).forget(upload)
        raise
    return JSONResponse({"next": f"/runs/{run_id}/import/{upload.id}"})


@router.get("/runs/{run_id}/import/{name}")
def preview(request: Request, run_id: str, name: str) -> Response:
    """Show what taking the answers of a file would put on record."""
    run = shelf_of(request).opened(run_id)
    upload = uploads_of(request).find(name, run_id, request.scope[WHO])
    planned = _planned(request, run, upload)
    decisions = [(who, one) for who, said in planned.new.items() for one in said]
    values = {
        "run_id": run_id,
        "dataset": run.key.dataset,
        "upload": upload.id,
        "tool": _TOOLS[upload.kind],
        "planned": planned,
        "actions": Counter(one.action.value for _, one in decisions),
        "people": [(who, len(said)) for who, said in planned.new.items()][:_MOST_PEOPLE],
        "pairs": _pairs(planned),
        "examples": decisions[:_EXAMPLES],
    }
    return page(request, "import.html.j2", values)


@router.post("/runs/{run_id}/import/{name}")
def take(request: Request, run_id: str, name: str) -> Response:
    """Put the answers on record, if they are still what the preview showed."""
    run = shelf_of(request).opened(run_id)
    upload = uploads_of(request).find(name, run_id, request.scope[WHO])
    said = dict(request.scope[FORM]).get("answers", "")
    with uploads_of(request).reading:  # a form that is sent twice at once is taken once
        planned = _planned(request, run, upload)
        if planned.n_new and said != str(planned.n_new):
            raise Refused(
                409,
                f"the preview showed {said[:12]} answers, now there are {planned.n_new:,}",
                "somebody took some of them meanwhile: look at the preview again",
            )
        take_answers(shelf_of(request).database, run.key, planned)
    return RedirectResponse(f"/runs/{run_id}/export", status_code=303)


def _planned(request: Request, run: Opened, upload: Upload) -> Planned:
    # One at a time: read as JSON a file takes ten times its size.
    with uploads_of(request).reading:
        answers = _READERS[upload.kind](upload.path, upload.who)
        return plan_answers(shelf_of(request).database, run.key, run.index, answers)


def _pairs(planned: Planned) -> list[tuple[str, str, int]]:
    found = Counter(
        (one.given_label, one.label) for said in planned.new.values() for one in said if one.label
    )
    return [(given, new, rows) for (given, new), rows in found.most_common(_MOST_PAIRS)]


def uploads_of(request: Request) -> Uploads:
    """Return the files of the application that a request came to."""
    uploads: Any = request.app.state.uploads
    assert isinstance(uploads, Uploads)  # noqa: S101 - what mypy cannot know
    return uploads
