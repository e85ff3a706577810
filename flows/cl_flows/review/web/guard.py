"""The door: every request passes it before a page sees it. Refuses, or lets in with a name and a form."""

import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cl_flows.review.web.access import Access, person

FORM = "labelgate.form"
WHO = "labelgate.who"
CSRF = "labelgate.csrf"
INSIDE = "labelgate.inside"
MAY_LEAVE = "labelgate.may_leave"
ENTER = "/enter"
WHO_COOKIE = "labelgate_who"
_CSRF_COOKIE = "labelgate_csrf"
_OPEN = ("/static/", "/healthz")
_MOST_BYTES = 1_000_000
_MOST_FIELDS = 1_000
_FORM_TYPE = "application/x-www-form-urlencoded"
_FILE_TYPE = "application/octet-stream"
_TAKES_FILES = re.compile(r"/runs/[^/]+/import")
_YEAR_S = 365 * 24 * 3600
_PROTO = "x-forwarded-proto"

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; media-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Not `no-referrer`: browsers would then send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """The request goes no further; people and scripts are told why and what to do."""

    def __init__(self, status: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.status, self.hint = status, hint


@dataclass(frozen=True, slots=True)
class Guard:
    """Checks Host, token, person, Origin, CSRF token and size, and sets the headers of every answer.

    Attributes
    ----------
    app
        What is behind the door.
    access
        Who may come in.
    refusal
        Turns a refusal into an answer.
    """

    app: ASGIApp
    access: Access
    refusal: Callable[[Request, Refused], Response]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        csrf = request.cookies.get(_CSRF_COOKIE, "")
        # Only where the browser would have sent the old one: a new one makes every open page stale.
        idle = request.method == "POST" or request.url.path.startswith(_OPEN) or _from_elsewhere(request)
        fresh = "" if _is_secret(csrf) or idle else secrets.token_urlsafe(32)
        scope[CSRF] = fresh or csrf
        guarded = self._with_headers(send, fresh, secure=self._by_https(request))
        try:
            answer = await self._checked(request)
        except Refused as refused:
            answer = self.refusal(request, refused)
        except ClientDisconnect:
            return
        await (answer or self.app)(scope, receive, guarded)

    async def _checked(self, request: Request) -> Response | None:
        """Return an answer that goes out at once, or None to let the request in."""
        host = request.headers.getlist("host")
        if len(host) != 1 or not self.access.answers_to(host[0]):
            raise Refused(
                421, "this server does not answer to that name", "add it with --allow-host when it is right"
            )
        if request.method not in {"GET", "HEAD", "POST"}:
            raise Refused(405, f"{request.method} is not understood here")
        if request.method == "POST":
            # A file is read by its page, bounded there, once it is known who sends it.
            request.scope[FORM] = [] if _is_file(request) else await _form(request)
        path = request.url.path
        if path.startswith(_OPEN):
            return None
        if request.method == "POST":
            self._check_sender(request, host[0])
        elif _from_elsewhere(request):
            # The browser holds our cookies back; asked for by a page of ours it will send them.
            return HTMLResponse("", headers={"Refresh": f"0;url={_here(request)}"})
        return self._known(request)

    def _check_sender(self, request: Request, host: str) -> None:
        """Refuse what another site's page makes a browser send."""
        origins = request.headers.getlist("origin")
        if len(origins) != 1 or not self.access.comes_from_here(origins[0], host):
            raise Refused(403, "the request does not come from a page of this server", "open the page anew")
        said = request.headers.get("x-csrf-token") or dict(request.scope[FORM]).get("csrf", "")
        kept = request.cookies.get(_CSRF_COOKIE, "")
        if not _is_secret(kept) or not hmac.compare_digest(said.encode(), kept.encode()):
            raise Refused(
                403, "the page is too old, or its cookie is gone", "load the page anew and try again"
            )

    def _known(self, request: Request) -> Response | None:
        """Find out who asks; people who did not say are sent to the page that asks them."""
        access = self.access
        if access.user_header is not None:
            request.scope[WHO] = self._named_by_proxy(request, access.user_header)
            return None
        inside = access.token is None or access.is_session(request.cookies.get(access.session_cookie, ""))
        if not inside and access.is_token(request.query_params.get("token", "")):
            response = RedirectResponse(_here(request, without="token"), status_code=303)
            self.let_in(request, response)
            return response
        request.scope[WHO] = access.who or person(unquote(request.cookies.get(WHO_COOKIE, "")))
        request.scope[INSIDE] = inside
        request.scope[MAY_LEAVE] = inside and access.token is not None
        if (inside and request.scope[WHO]) or request.url.path == ENTER:
            return None
        if request.method == "POST" or "text/html" not in request.headers.get("accept", ""):
            raise Refused(401, "nobody is logged in here", "open the page anew with its token")
        return RedirectResponse(f"{ENTER}?{urlencode({'next': _here(request, without='token')})}", 303)

    def _named_by_proxy(self, request: Request, header: str) -> str:
        if not self._by_proxy(request):
            raise Refused(403, "only the proxy may ask this server", "name its address with --trust-proxy")
        names = request.headers.getlist(header)
        who = person(names[0]) if len(names) == 1 else ""
        if not who:
            raise Refused(401, f"the proxy named nobody in {header}", "log in at the proxy")
        return who

    def let_in(self, request: Request, response: Response, who: str = "") -> None:
        """Set the cookies of somebody who said the token, and their name."""
        always: dict[str, Any] = {"max_age": _YEAR_S, "httponly": True, "samesite": "strict", "path": "/"}
        always["secure"] = self._by_https(request)
        if self.access.token is not None:
            response.set_cookie(self.access.session_cookie, self.access.session, **always)
        if who:
            response.set_cookie(WHO_COOKIE, quote(who), **always)

    def let_out(self, response: Response) -> None:
        """Remove the cookies that let somebody in, their name and the secret word of their forms."""
        for name in (self.access.session_cookie, WHO_COOKIE, _CSRF_COOKIE):
            response.delete_cookie(name, path="/", httponly=True, samesite="strict")

    def _by_proxy(self, request: Request) -> bool:
        """Whether a proxy that we believe asks."""
        return self.access.believes(request.client.host if request.client else "")

    def _by_https(self, request: Request) -> bool:
        """Whether the person's browser speaks TLS: with us, or with a proxy that we believe."""
        if request.url.scheme == "https":
            return True
        said = request.headers.getlist(_PROTO)
        # Of several proxies the nearest one wrote last, and it is the one that we know.
        return bool(said) and self._by_proxy(request) and _last(said[-1]) == "https"

    @staticmethod
    def _with_headers(send: Send, fresh: str, *, secure: bool) -> Send:
        cookie = f"{_CSRF_COOKIE}={fresh}; HttpOnly; Path=/; SameSite=Strict{'; Secure' if secure else ''}"

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
                if fresh:
                    headers.append("Set-Cookie", cookie)
            await send(message)

        return guarded


def _is_file(request: Request) -> bool:
    return _type_of(request) == _FILE_TYPE and _TAKES_FILES.fullmatch(request.url.path) is not None


def _type_of(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _form(request: Request) -> list[tuple[str, str]]:
    """Read a form, bounded in bytes and fields."""
    if _type_of(request) != _FORM_TYPE:
        raise Refused(415, f"a form is wanted: {_FORM_TYPE}")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            raise Refused(413, f"more than {_MOST_BYTES:,} bytes in one request", "send less at once")
    try:
        return parse_qsl(
            body.decode(),
            keep_blank_values=True,
            strict_parsing=False,
            max_num_fields=_MOST_FIELDS,
            errors="strict",
        )
    except ValueError as error:
        raise Refused(400, f"the form cannot be read: {error}") from error


def _from_elsewhere(request: Request) -> bool:
    """Whether a link on another site led here, so that the browser sent none of our cookies."""
    return (
        request.headers.get("sec-fetch-site") == "cross-site"
        and request.headers.get("sec-fetch-mode") == "navigate"
        and _CSRF_COOKIE not in request.cookies
    )


def _here(request: Request, *, without: str = "") -> str:
    """Return the asked path with its query, as a path of ours and nothing else."""
    query = urlencode([(k, v) for k, v in request.query_params.multi_items() if k != without])
    path = quote("/" + request.url.path.lstrip("/\\"), safe="/")
    return f"{path}?{query}" if query else path


def _last(listed: str) -> str:
    return listed.rpartition(",")[2].strip().lower()


def _is_secret(text: str) -> bool:
    return len(text) >= 32 and text.isascii() and text.replace("-", "").replace("_", "").isalnum()  # noqa: PLR2004
