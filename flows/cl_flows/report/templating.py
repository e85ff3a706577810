"""How templates of reports and review pages are rendered: everything escaped, nothing undefined."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

import jinja2
from markupsafe import Markup

from cl_flows.report import wording
from cl_flows.report.policy import effect_in_words

_NAME = 60
_TITLE = 160
_SENTENCE = 1_000
_CLOCK = str.maketrans({"T": " ", "Z": " UTC"})
_TINY = 64  # pixels: enlarged pictures up to here look better as squares than blurred
_STATUS = {"passed": ("✓", "Passed"), "failed": ("✕", "Failed"), "undecided": ("?", "Undecided")}


@cache
def report_environment() -> jinja2.Environment:
    """Return the environment of the report's own templates."""
    return make_environment(asset)


def asset(name: str) -> str:
    """Read a template, style sheet or script of the report."""
    return (files("cl_flows.report") / "templates" / name).read_text(encoding="utf-8")


def make_environment(source: Callable[[str], str | None]) -> jinja2.Environment:
    """Return an environment that finds templates through `source`; it knows the report's filters."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(source),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Whatever a template prints goes through here first: no file may hold a control character.
        finalize=lambda value: value if isinstance(value, Markup) else wording.printable(value),
    )
    environment.filters |= {
        "percent": wording.percent,
        "quality": lambda score: wording.NOTHING if score is None else wording.quality(score),
        "count": wording.count,
        "duration": wording.duration,
        "picture": _picture,
        "size": picture_size,
        "name": lambda text: wording.cut(text, _NAME),
        "title": lambda text: wording.cut(text, _TITLE),
        "long": lambda text: wording.cut(text, _SENTENCE),
        "clock": lambda moment: moment.translate(_CLOCK),
        "moment": _moment,
        "status": lambda check: _STATUS[check["status"]],
        "effect": effect_in_words,
    }
    return environment


def picture_size(excerpt: bytes) -> Markup:
    """Return the width and height attributes of a PNG, marked tiny when its pixels should stay sharp."""
    width, height = (int.from_bytes(excerpt[at : at + 4]) for at in (16, 20))
    tiny = ' class="tiny"' if max(width, height) <= _TINY else ""
    return Markup('width="%d" height="%d"') % (width, height) + Markup(tiny)  # noqa: S704 - no data in it


def _picture(excerpt: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(excerpt).decode()


def _moment(text: str) -> str:
    """Write the moment of an ISO 8601 text in UTC to the minute: ``2026-11-23 21:00 UTC``."""
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
