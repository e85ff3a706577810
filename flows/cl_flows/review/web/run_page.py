"""A run's page: verdict, rate with interval, classes, confident joint, label quality."""

from typing import Any

import numpy as np
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from cl_flows.history import HistoryRow
from cl_flows.origins import read_origins
from cl_flows.report.view import page_view
from cl_flows.review.frozen import tables_of
from cl_flows.review.web.guard import WHO
from cl_flows.review.web.items import item_of
from cl_flows.review.web.links import Links
from cl_flows.review.web.progress import progress
from cl_flows.review.web.query import read_query
from cl_flows.review.web.record import OPEN
from cl_flows.review.web.render import page
from cl_flows.review.web.rows import in_state
from cl_flows.review.web.shelf import Opened, Shelf, shelf_of

router = APIRouter()

_STRIP = 6  # suspects at a glance


@router.get("/runs/{run_id}")
def run_page(request: Request, run_id: str) -> Response:
    """Show what a run found."""
    shelf = shelf_of(request)
    run = shelf.opened(run_id)
    run.earlier.refresh()
    values = {
        "v": page_view(run.index.run.report, tables_of(run.index)),
        "to": Links(run_id, run.index.classes),
        "progress": progress(run),
        "strip": _strip(run, request.scope[WHO]),
        "earlier": len(run.earlier.positions),
        "earlier_open": int(np.sum(run.record.states[run.earlier.positions] == OPEN)),
        "rejudged": _rejudged(shelf, run_id),
    }
    return page(request, "run.html.j2", values)


def _strip(run: Opened, me: str) -> list[dict[str, Any]]:
    """Return the first suspects that wait for this person."""
    query = read_query({}, run.index.classes)
    found = in_state(run, query, run.index.find(query.wanted), me)[:_STRIP]
    return [item_of(run, int(position), query, me, large=False) for position in found]


def _rejudged(shelf: Shelf, run_id: str) -> list[tuple[str, HistoryRow]]:
    """Return the run whose corrected labels this one judges, and those that judge this one's."""
    origins = read_origins(shelf.database)
    rows = {row.run_id: row for row in shelf.history()}
    before = origins[run_id].rejudges if run_id in origins else None
    after = [origin.run_id for origin in origins.values() if origin.rejudges == run_id]
    found = [("before", before)] if before else []
    found += [("after", one) for one in after]
    return [(which, rows[one]) for which, one in found if one in rows]
