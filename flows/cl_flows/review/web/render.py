"""Templates and static files of the pages, found by name among our own. No route here."""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from cl_flows.report.templating import asset, make_environment
from cl_flows.review.web.guard import CSRF, MAY_LEAVE, WHO

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_REPORTS = ("report.css", "report.js", "sections.html.j2")


def page(request: Request, template: str, values: Mapping[str, Any], *, status: int = 200) -> HTMLResponse:
    """Render a page for the person who asked."""
    return HTMLResponse(fragment(request, template, values), status_code=status)


def fragment(request: Request, template: str, values: Mapping[str, Any]) -> str:
    """Render a template for the person who asked."""
    scope = request.scope
    own = {"who": scope.get(WHO, ""), "csrf": scope.get(CSRF, ""), "here": _here(request)}
    own["may_leave"] = scope.get(MAY_LEAVE, False)
    return _environment().get_template(template).render(own | dict(values))


@cache
def static_files() -> dict[str, tuple[bytes, str]]:
    """Return every file that the pages may load: content and media type by name."""
    own = {
        item.name: item.read_bytes()
        for item in (files("cl_flows.review.web") / "static").iterdir()
        if item.is_file()
    }
    shared = {name: asset(name).encode() for name in _REPORTS if not name.endswith(".j2")}
    return {
        name: (content, _TYPES[ending])
        for name, content in (own | shared).items()
        for ending in (name[name.rfind(".") :],)
        if ending in _TYPES
    }


@cache
def static_url(name: str) -> str:
    """Return the address of a static file, which changes with its content: browsers may keep it for ever."""
    digest = hashlib.sha256(static_files()[name][0]).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def compile_templates() -> None:
    """Compile every template now: nobody waits for it who asks for a page."""
    own = (item.name for item in (files("cl_flows.review.web") / "templates").iterdir())
    for name in (*own, *_REPORTS):
        if name.endswith(".j2"):
            _environment().get_template(name)


@cache
def _environment() -> jinja2.Environment:
    environment = make_environment(_source)
    environment.globals["static"] = static_url
    environment.globals["attributes"] = _attributes
    return environment


def _source(name: str) -> str | None:
    if name in _REPORTS:
        return asset(name)
    file = files("cl_flows.review.web") / "templates" / name
    return file.read_text(encoding="utf-8") if file.is_file() else None


def _attributes(**values: Any) -> Markup:
    """Write attributes that have a value: ``data_code=3`` becomes ``data-code="3"``."""
    return Markup("").join(
        Markup(' {}="{}"').format(name.replace("_", "-"), value)
        for name, value in values.items()
        if value is not None
    )


def _here(request: Request) -> str:
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path
