"""What needs no name: health, static files, and the page where people say who they are."""

import asyncio

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from cl_flows.review.web.access import person
from cl_flows.review.web.guard import ENTER, FORM, INSIDE, WHO, Guard, Refused
from cl_flows.review.web.render import page, static_files

router = APIRouter()

LEAVE = "/leave"

# Guessing is hopeless anyway; this keeps it slow, too.
_WRONG_TOKEN_S = 0.3


@router.get("/healthz")
def healthz() -> Response:
    """Answer probes."""
    return PlainTextResponse("healthy\n")


@router.get("/static/{name}")
def static(name: str) -> Response:
    """Give one of our own files."""
    found = static_files().get(name)
    if found is None:
        raise Refused(404, "there is no such file")
    content, kind = found
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(content, media_type=kind, headers=headers)


@router.get(ENTER)
def ask(request: Request) -> Response:
    """Ask for the token and a name."""
    return _asked(request, request.query_params.get("next", "/"))


@router.post(ENTER)
async def enter(request: Request) -> Response:
    """Let somebody in who has the token and says a name."""
    guard: Guard = request.app.state.guard
    said = dict(request.scope[FORM])
    target, who = said.get("next", "/"), person(said.get("who", ""))
    if not request.scope.get(INSIDE) and not guard.access.is_token(said.get("token", "")):
        await asyncio.sleep(_WRONG_TOKEN_S)
        return _asked(request, target, problem="That is not the token.", status=403)
    if not who:
        return _asked(request, target, problem="Say a name of 1 to 100 characters.", status=400)
    response = RedirectResponse(own_path(target), status_code=303)
    guard.let_in(request, response, who)
    return response


@router.post(LEAVE)
def leave(request: Request) -> Response:
    """Let somebody out who came in by the token: this browser needs it again."""
    guard: Guard = request.app.state.guard
    response = RedirectResponse(ENTER, status_code=303)
    guard.let_out(response)
    return response


def _asked(request: Request, target: str, *, problem: str = "", status: int = 200) -> Response:
    values = {
        "target": own_path(target),
        "inside": bool(request.scope.get(INSIDE)),
        "problem": problem,
        "name": request.scope.get(WHO, ""),
    }
    return page(request, "enter.html.j2", values, status=status)


def own_path(target: str) -> str:
    """Return a path of ours: nobody is sent to another site from here."""
    safe = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if safe else "/"
