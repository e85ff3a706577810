"""The page in a real browser: nothing leaves it, it reads without scripts, and it fits a phone."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cl_core import Dataset
from cl_flows.report import RunReport, render_html

pytestmark = pytest.mark.browser


@pytest.fixture
def page_file(tmp_path: Path, report: Callable[..., RunReport], dataset: Callable[..., Dataset]) -> Path:
    """Write a page with pictures, twenty classes with long names and one hostile name."""
    names = ("<script>document.title='taken'</script>", *(f"a rather long class name {i}" for i in range(19)))
    pictures = np.random.default_rng(0).random((200, 12, 12))
    data = dataset(classes=names, n=200, features=pictures, modality="image", name="n" * 120)
    file = tmp_path / "report.html"
    file.write_text(render_html(report(data, fingerprint="f" * 64)), encoding="utf-8")
    return file


def opened(browser: Any, file: Path, **options: Any) -> tuple[Any, list[str], list[str]]:
    """Open the page; collect what it asked for and what it complained about."""
    page = browser.new_page(**options)
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(file.as_uri())
    return page, [url for url in asked if not url.startswith("data:")], complaints


def test_nothing_leaves_the_page(browser: Any, page_file: Path) -> None:
    """Opening the file asks for the file and nothing else, without a word in the console."""
    page, asked, complaints = opened(browser, page_file)
    assert asked == [page_file.as_uri()]
    assert complaints == []
    assert page.title().startswith("Failed: nnn")
    assert page.evaluate("[...document.images].every((i) => i.complete && i.naturalWidth === 12)")


def test_readers_find_their_way(browser: Any, page_file: Path) -> None:
    """One h1, headings that skip no level, landmarks, and a name for every picture and table."""
    page, _, _ = opened(browser, page_file)
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map((h) => +h.tagName[1])")
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in zip([0, *levels], levels, strict=False))
    for landmark in ("banner", "navigation", "main", "contentinfo"):
        assert page.get_by_role(landmark).count() == 1
    assert page.get_by_role("heading", name="Suspects").count() == 1
    assert page.evaluate(
        "[...document.querySelectorAll('img,svg[role=img]')].every((i) => i.alt || i.ariaLabel)"
    )
    assert page.evaluate("[...document.querySelectorAll('table')].every((t) => t.caption)")
    assert page.evaluate("[...document.querySelectorAll('th')].every((t) => t.scope)")


@pytest.mark.parametrize("width", [320, 375, 768, 1440, 2560])
def test_the_page_never_scrolls_sideways(browser: Any, page_file: Path, width: int) -> None:
    """From a small phone to a wide screen only tables scroll within their frames."""
    page, _, _ = opened(browser, page_file, viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_light_and_dark(browser: Any, page_file: Path) -> None:
    """The page follows the reader's choice, and its text keeps a contrast of 7 to 1 in both."""
    for scheme, dark in (("light", False), ("dark", True)):
        page, _, _ = opened(browser, page_file, color_scheme=scheme)
        body = "getComputedStyle(document.body)"
        ink, ground = (
            list(map(int, re.findall(r"\d+", page.evaluate(f"{body}.{name}"))))
            for name in ("color", "backgroundColor")
        )
        assert (sum(ground) < sum(ink)) is dark
        assert contrast(ink, ground) >= 7


def test_a_dark_page_prints_on_white(browser: Any, page_file: Path) -> None:
    """Paper is white whatever the screen is, and what only a screen can use is not printed."""
    page, _, _ = opened(browser, page_file, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    for part in ("body", ".verdict"):
        colour = page.evaluate(f"getComputedStyle(document.querySelector('{part}')).backgroundColor")
        assert colour == "rgb(255, 255, 255)"
    tint = page.evaluate("getComputedStyle(document.querySelector('.stamp')).backgroundColor")
    assert relative_luminance(list(map(int, re.findall(r"\d+", tint)))) > 0.8
    assert not page.get_by_role("navigation").is_visible()


def contrast(one: list[int], other: list[int]) -> float:
    """Contrast of two colours by WCAG 2.2."""
    lights = sorted(relative_luminance(colour) for colour in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def relative_luminance(colour: list[int]) -> float:
    """Lightness of an sRGB colour by WCAG 2.2."""
    parts = [c / 255 for c in colour[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_the_page_reads_without_scripts(browser: Any, page_file: Path) -> None:
    """Every section is there; only sorting and the filter are gone."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(page_file.as_uri())
    assert page.get_by_role("heading", level=2).count() == 6
    assert page.locator(".suspect").count() == 50
    assert not page.locator("select").is_visible()
    context.close()


def test_classes_sort_by_keyboard(browser: Any, page_file: Path) -> None:
    """A head of the table is a button that sorts, says so, and turns round when pressed again."""
    page, _, complaints = opened(browser, page_file)
    table = page.locator("table.sortable")
    rows = "[...document.querySelectorAll('table.sortable tbody tr')].map((r) => +r.cells[4].dataset.value)"
    button = table.get_by_role("button", name="Mean self-confidence")
    button.press("Enter")
    assert page.evaluate(rows) == sorted(page.evaluate(rows), reverse=True)
    assert table.locator("th[aria-sort=descending]").count() == 1
    button.press("Enter")
    assert page.evaluate(rows) == sorted(page.evaluate(rows))
    assert complaints == []


def test_suspects_filter_by_given_label(browser: Any, page_file: Path) -> None:
    """Choosing a label leaves its suspects and says how many they are."""
    page, _, _ = opened(browser, page_file)
    page.get_by_label("Given label").select_option(index=1)
    shown = page.locator(".suspect:visible")
    assert 0 < shown.count() < 50
    assert set(shown.locator(".given .label").all_inner_texts()) == {
        page.locator("select.filter option:checked").inner_text()
    }
    assert page.get_by_role("status").inner_text() == f"{shown.count()} shown"
