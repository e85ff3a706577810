"""The suggestion for many rows at once: first what it would change, then, on a second word, the change."""

import secrets
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cl_flows.review.bulk import accept_bulk, preview_bulk
from cl_flows.review.web.guard import FORM, WHO, Refused
from cl_flows.review.web.items import item_of
from cl_flows.review.web.query import RowQuery, read_query
from cl_flows.review.web.render import page
from cl_flows.review.web.shelf import Opened, shelf_of

router = APIRouter()

_MOST_TOKEN = 100


@router.get("/runs/{run_id}/bulk")
def preview(request: Request, run_id: str) -> Response:
    """Show what taking all suggestions of a range would change, and how often that would be right."""
    run, me = shelf_of(request).opened(run_id), request.scope[WHO]
    query = read_query(request.query_params, run.index.classes)
    return page(request, "bulk.html.j2", _previewed(run, query, me))


def _previewed(run: Opened, query: RowQuery, me: str) -> dict[str, Any]:
    found = preview_bulk(run.index, query.wanted, run.record.standing())
    run_id = run.key.run_id
    return {
        "run_id": run_id,
        "dataset": run.key.dataset,
        "found": found,
        "form": query.fields,
        "hidden": [(name, value) for name, value in query.fields.items() if value],
        "chips": query.chips(run_id, "bulk"),
        "back": query.url(run_id),
        "items": [item_of(run, position, query, me, large=False) for position in found.examples],
        "token": secrets.token_urlsafe(16),
    }


@router.post("/runs/{run_id}/bulk")
def accept(request: Request, run_id: str) -> Response:
    """Take the suggestions of a range, as one step of undo, if it is still what the preview showed."""
    shelf = shelf_of(request)
    run, me = shelf.opened(run_id), request.scope[WHO]
    form = dict(request.scope[FORM])
    query = read_query(form, run.index.classes)
    decided = run.record.standing()
    token = form.get("token", "")[:_MOST_TOKEN]
    found = preview_bulk(run.index, query.wanted, decided)
    if not found.n_rows:  # the form was sent again: what it asked for is there
        return RedirectResponse(query.url(run_id, state="decided"), status_code=303)
    if form.get("rows") != str(found.n_rows):
        raise Refused(
            409,
            f"the preview showed {form.get('rows', '')[:12]} rows, now there are {found.n_rows:,}",
            "somebody decided meanwhile: look at the preview again",
        )
    accept_bulk(shelf.database, run.key, me, run.index, found.positions, token=token)
    return RedirectResponse(query.url(run_id, state="decided"), status_code=303)
