"""The first page: every data set, its newest verdict, its trend and its runs."""

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from cl_flows.history import HistoryRow
from cl_flows.review.web.render import page
from cl_flows.review.web.shelf import shelf_of
from cl_flows.review.web.trend import Trend, trend

router = APIRouter()

_FIRST_RUNS = 8


@dataclass(frozen=True, slots=True)
class DatasetRuns:
    """The runs of one data set, newest first, those to show at once and those behind a fold."""

    name: str
    first: list[HistoryRow]
    rest: list[HistoryRow]
    trend: Trend


@router.get("/")
def home(request: Request) -> Response:
    """Show every data set."""
    shelf = shelf_of(request)
    by_name: dict[str, list[HistoryRow]] = {}
    for row in shelf.history():
        by_name.setdefault(row.dataset, []).append(row)
    found = [
        DatasetRuns(name, rows[:_FIRST_RUNS], rows[_FIRST_RUNS:], trend(rows))
        for name, rows in by_name.items()
    ]
    return page(request, "home.html.j2", {"datasets": found, "there": shelf.on_disk()})
