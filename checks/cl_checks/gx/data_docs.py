"""Great Expectations' own page about a validation, as one file that loads nothing. No page of ours.

Its Data Docs take styles, scripts, fonts and a logo from six hosts; without the network they are bare
text whose status icons are missing. Here the same page keeps its content, gets a small style of our own,
and a policy that forbids the browser to load anything.
"""

from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

# What they show needs the network (logo, fonts, news) or scripts (filters, menus).
_DROPPED = frozenset(
    {"script", "style", "link", "footer", "img", "iframe", "object", "embed", "base", "form"}
)
_DROPPED_CLASSES = ("card mb-3", "navbar navbar-expand-md sticky-top border-bottom")
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def data_docs_page(result: Any) -> str:
    """Render one suite's validation result.

    Parameters
    ----------
    result
        Great Expectations' ``ExpectationSuiteValidationResult``.

    Returns
    -------
    str
        A complete HTML page without scripts and without a reference to load.
    """
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    page = ValidationResultsPageRenderer(run_info_at_end=True).render(result)
    return self_contained(DefaultJinjaPageView().render(page))


def self_contained(page: str) -> str:
    """Return the page without scripts, foreign styles, pictures and anything else that would be loaded.

    Examples
    --------
    >>> self_contained('<head></head><p onclick="x()">10 of 20<script src="https://a.b/c.js"></script></p>')
    '<head><meta...</head><p>10 of 20</p>'
    """
    writer = _Page()
    writer.feed(page)
    writer.close()
    return "".join(writer.out)


class _Page(HTMLParser):
    """Writes down what it reads, less the elements that are dropped with all that is in them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.out: list[str] = []
        self._inside: list[str] = []  # the open elements of a part that is dropped

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._inside or tag in _DROPPED or _is_dropped(dict(attrs)):
            if tag not in _VOID:
                self._inside.append(tag)
            return
        if tag == "meta" or (tag == "title" and "<title>" in self.out):
            return
        kept = "".join(f' {name}="{escape(value or "")}"' for name, value in attrs if _is_kept(name, value))
        self.out.append(f"<{tag}{kept}>")
        if tag == "head":
            self.out.append(_head())

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._inside:
            if tag not in _VOID:
                self.out.append(f"</{tag}>")
        elif tag in self._inside:
            while self._inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        self._put(data)

    def handle_entityref(self, name: str) -> None:
        self._put(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._put(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        self._put(f"<!{decl}>")

    def _put(self, text: str) -> None:
        if not self._inside:
            self.out.append(text)


def _is_dropped(attrs: dict[str, str | None]) -> bool:
    return (attrs.get("class") or "").strip() in _DROPPED_CLASSES


def _is_kept(name: str, value: str | None) -> bool:
    """Keep what lays out and links inside the page; a reference elsewhere would be loaded or lead nowhere."""
    if name.startswith("on") or name in {"src", "srcset", "action", "background"}:
        return False
    if name == "style":
        return "url(" not in (value or "").lower()
    return name != "href" or (value or "").startswith("#")


def _head() -> str:
    style = (Path(__file__).parent / "data_docs.css").read_text(encoding="utf-8")
    return (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{style}</style>"
    )
