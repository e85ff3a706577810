"""The gallery of a run's rows, worst first, and one row by itself."""

import secrets

import numpy as np
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from cl_core.types import Indices
from cl_flows.report.wording import cut
from cl_flows.review.index import RunIndex
from cl_flows.review.web.guard import WHO
from cl_flows.review.web.items import item_of, near_of
from cl_flows.review.web.progress import progress
from cl_flows.review.web.query import RowQuery, read_query
from cl_flows.review.web.record import DECIDED, DISPUTED, OPEN
from cl_flows.review.web.render import fragment, page
from cl_flows.review.web.shelf import NotThereError, Opened, shelf_of

router = APIRouter()

_A_PAGE = 24
_LISTED = 1_000  # classes offered by a filter
_NAME = 200


@router.get("/runs/{run_id}/rows")
def gallery(request: Request, run_id: str) -> Response:
    """Show the rows that the address asks for, a page of them."""
    run = shelf_of(request).opened(run_id)
    run.earlier.refresh()
    me = request.scope[WHO]
    query = read_query(request.query_params, run.index.classes)
    found = in_state(run, query, run.index.find(query.wanted), me)
    ranks = run.index.rank[found]
    first = int(np.searchsorted(ranks, query.start)) if query.start else 0
    shown = found[first : first + _A_PAGE]
    values = {
        "run_id": run_id,
        "dataset": run.index.run.report["data"]["name"],
        "total": len(found),
        "first": first + 1,
        "items": [item_of(run, int(position), query, me, large=False) for position in shown],
        "progress": progress(run),
        "earlier": len(run.earlier.positions),
        "double": query.double,
        "form": query.fields,
        "chips": query.chips(run_id),
        "open_filter": bool(query.chips(run_id)),
        "urls": _urls(run_id, query, ranks, first),
        "bulk_url": query.url(run_id, "bulk")
        if len(found) and not query.double and query.state != "earlier"
        else "",
        "listed": [name for name in run.index.classes[:_LISTED] if len(name) <= _NAME],
        "columns": run.index.slice_columns(),
        "values": run.index.slice_values(query.fields["column"])
        if query.fields["column"] in run.index.slice_columns()
        else [],
        "searchable": run.dataset is not None and run.dataset.modality in {"text", "table"},
    }
    return page(request, "rows.html.j2", values)


def in_state(run: Opened, query: RowQuery, found: Indices, me: str) -> Indices:
    """Return those of the rows that are open, decided, disputed or skipped, as this person sees them.

    ``earlier`` are the open ones that somebody decided about in an earlier run.
    """
    if query.state == "all":
        return found
    if query.state == "earlier":
        found = found[np.isin(found, run.earlier.positions)]
    mine = np.isin(found, run.record.seen_by(me))
    if query.double:
        chosen = {"open": ~mine, "earlier": ~mine, "decided": mine}.get(query.state, np.zeros_like(mine))
        return found[chosen]
    states = run.record.states[found]
    open_ = states == OPEN
    chosen = {
        "open": open_ & ~mine,
        "earlier": open_,
        "skipped": open_ & mine,
        "decided": states == DECIDED,
        "disputed": states == DISPUTED,
    }[query.state]
    return np.asarray(found[chosen])


def _urls(run_id: str, query: RowQuery, ranks: Indices, first: int) -> dict[str, str]:
    after, before = first + _A_PAGE, max(0, first - _A_PAGE)
    return {
        "next": query.url(run_id, start=str(ranks[after])) if after < len(ranks) else "",
        "last": query.url(run_id, start=str(ranks[before]) if before else "") if first else "",
        "again": query.url(run_id),
        "all": query.url(run_id, which="all", state="all"),
        "disputed": query.url(run_id, state="disputed", which="all"),
    }


@router.get("/runs/{run_id}/rows/{position}")
def one_row(request: Request, run_id: str, position: str) -> Response:
    """Show a row by itself; ``part=1`` is for the gallery's side, ``part=near`` gives rows like it."""
    run = shelf_of(request).opened(run_id)
    me, part = request.scope[WHO], request.query_params.get("part", "")
    place = checked_position(run.index, position)
    if part == "near":
        return _near(request, run, place)
    run.earlier.refresh()
    query = read_query(request.query_params, run.index.classes)
    item = item_of(run, place, query, me, large=True)
    values = {
        "run_id": run_id,
        "dataset": run.index.run.report["data"]["name"],
        "item": item,
        "double": query.double,
        "classes": run.index.classes,
        "token": secrets.token_urlsafe(16),
        "back": query.url(run_id, start=query.fields["start"]),
    }
    if part:
        return HTMLResponse(fragment(request, "detail.html.j2", values))
    return page(request, "row.html.j2", values)


@router.get("/runs/{run_id}/classes.json")
def classes(request: Request, run_id: str) -> Response:
    """Give number and name of every class, for choosing one by typing."""
    run = shelf_of(request).opened(run_id)
    return JSONResponse([[code, cut(name, _NAME)] for code, name in enumerate(run.index.classes)])


def _near(request: Request, run: Opened, position: int) -> Response:
    """Show the rows most like one. One at a time: vectors may have to be made first, and decisions go on."""
    if not run.comparing.acquire(blocking=False):
        return HTMLResponse("being compared: ask again", status_code=202, headers={"Retry-After": "1"})
    try:
        values = {"run_id": run.key.run_id, "near": near_of(run, position), "position": position}
    finally:
        run.comparing.release()
    if request.query_params.get("whole"):
        return page(request, "near_page.html.j2", values)
    return HTMLResponse(fragment(request, "near.html.j2", values))


def checked_position(index: RunIndex, text: str) -> int:
    """Return the row that an address or a form names by its place in the data."""
    if not text.isascii() or not text.isdigit() or len(text) > 18 or int(text) >= index.n_rows:  # noqa: PLR2004
        raise NotThereError("there is no such row", hint=f"rows are counted from 0 to {index.n_rows - 1:,}")
    return int(text)
