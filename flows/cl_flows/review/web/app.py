"""The application: one door, then a page a topic. Started by `labelgate review` and `labelgate serve`."""

import logging
from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp

from cl_core.errors import ConfigError, GateError, LabelgateError
from cl_flows.review.web import (
    answers,
    audit,
    bulk,
    deciding,
    downloads,
    export,
    home,
    media,
    public,
    rows,
    run_page,
)
from cl_flows.review.web.access import Access
from cl_flows.review.web.guard import Guard, Refused
from cl_flows.review.web.jobs import Jobs
from cl_flows.review.web.render import page
from cl_flows.review.web.shelf import NotThereError, Shelf
from cl_flows.review.web.uploads import Uploads

logger = logging.getLogger(__name__)

_TOPICS = (public, home, run_page, rows, media, deciding, audit, bulk, export, downloads, answers)


def make_app(output: Path, access: Access) -> ASGIApp:
    """Return the pages of a results folder, behind their door."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    shelf = Shelf(output)
    shelf.get_ready()
    app.state.shelf = shelf
    app.state.jobs = Jobs()
    app.state.uploads = Uploads()
    for topic in _TOPICS:
        app.include_router(topic.router)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(LabelgateError, _deliberate)
    app.add_exception_handler(HTTPException, _unknown)
    app.add_exception_handler(Exception, _fault)
    guard = Guard(app, access, refusal)
    app.state.guard = guard
    return guard


def refusal(request: Request, refused: Refused) -> Response:
    """Tell people by a page, and scripts by JSON, why a request goes no further."""
    said = {"error": str(refused), "hint": refused.hint}
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse(said, status_code=refused.status)
    if request.url.path.startswith("/static/") or refused.status == 421:  # noqa: PLR2004 - no page for strangers
        return HTMLResponse(str(refused), status_code=refused.status, media_type="text/plain; charset=utf-8")
    return page(request, "error.html.j2", said | {"status": refused.status}, status=refused.status)


def _refused(request: Request, error: Exception) -> Response:
    return refusal(request, error if isinstance(error, Refused) else Refused(500, "fault"))


def _deliberate(request: Request, error: Exception) -> Response:
    status = (
        404
        if isinstance(error, NotThereError)
        else 503
        if isinstance(error, ConfigError | GateError)
        else 400
    )
    return refusal(request, Refused(status, str(error), getattr(error, "hint", "")))


def _unknown(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    return refusal(request, Refused(status, "there is no such page", "start from the list of runs"))


def _fault(request: Request, error: Exception) -> Response:
    logger.error("fault on %s", request.url.path, exc_info=error)
    return refusal(
        request, Refused(500, "a fault of labelgate", "its log says more; what you decided is kept")
    )
