"""Data Docs of our expectations: what they say, and that they say it without the network."""

import os
import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cl_checks.gx.data_docs import data_docs_page, self_contained
from cl_checks.gx.suite_run import validated

HOSTILE = '<img src="https://example.org/x.png" onerror="document.title=1">'
COLUMNS = {"cat": "p_cat", HOSTILE: "p_dog", "owl": "p_owl"}


@pytest.fixture
def page(table: pd.DataFrame) -> str:
    """Give the page about a suite of ours, one class with a hostile name."""
    import great_expectations.expectations as gxe

    from cl_checks import ExpectLabelNoiseRatePerClassToBeBelow, ExpectLabelNoiseRateToBeBelow

    named = table.replace({"animal": {"dog": HOSTILE}}).reset_index(names="row")
    asked: dict[str, Any] = {"label_column": "animal", "probability_columns": COLUMNS, "id_column": "row"}
    suite = [
        ExpectLabelNoiseRateToBeBelow(**asked, max_noise_rate={"$PARAMETER": "limit"}),
        ExpectLabelNoiseRateToBeBelow(**asked, max_noise_rate=0.01, severity="warning"),
        ExpectLabelNoiseRatePerClassToBeBelow(**asked, max_noise_rate=0.5),
        gxe.ExpectColumnValuesToNotBeNull(column="animal"),
        ExpectLabelNoiseRateToBeBelow(**{**asked, "label_column": "none"}, max_noise_rate=0.05),
    ]
    return data_docs_page(validated(named, suite, "nightly", parameters={"limit": 0.05}))


@pytest.mark.gx
def test_the_page_says_what_was_found(page: str, table: pd.DataFrame) -> None:
    """Limit, rate with interval, the severity that does not block, and labels the right way round."""
    words = re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL))
    assert "at most 5% of the labels in animal are estimated to be wrong" in words
    assert re.search(r"8\.9% \(interval [\d.]+% to [\d.]+%\); 30 of 300 rows are flagged", words)
    assert "( warning )" in words
    assert "raised an exception" in words
    assert re.search(r"given label suggested label rows", words)
    first = re.search(r"id given label suggested label label quality (\d+) (\w+) (\w+) 0\.\d+", words)
    assert first is not None
    assert first[2] == table.loc[int(first[1]), "animal"]
    assert first[3] != first[2]


@pytest.mark.gx
def test_the_page_loads_nothing(page: str) -> None:
    """No script, no picture, no reference but to its own sections; a hostile class name is text."""
    assert not re.search(r"<(script|link|img|iframe)\b", page)
    assert not re.search(r' (src|href)="(?!#)', page)
    assert "&lt;img src=" in page
    assert "default-src 'none'" in page


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("<p>a<script>b</script>c</p>", "<p>ac</p>"),
        ("<p>a<style>b</style><LINK rel=x>c</p>", "<p>ac</p>"),
        ('<a href="#x">in</a><a href="https://a.b">out</a>', '<a href="#x">in</a><a>out</a>'),
        ('<b onclick="x()" style="background:url(//a.b)">c</b>', "<b>c</b>"),
        ("<footer><p>news</p></footer>&amp;&#64;", "&amp;&#64;"),
        ("<object><p>x</object>y", "y"),
    ],
)
def test_what_would_be_loaded_is_taken_out(written: str, kept: str) -> None:
    """Each way a page could ask for something is gone, the text around it stays."""
    assert self_contained(written) == kept


@pytest.mark.gx
@pytest.mark.browser
def test_it_looks_right_in_a_browser_without_network(page: str, tmp_path: Path) -> None:
    """Headless Chromium, offline: one request, no complaint, icons with words, tables with lines."""
    names = (os.environ.get("LABELGATE_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    path = next((found for found in map(shutil.which, filter(None, names)) if found), None)
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if path is None:
        pytest.skip("no Chromium: install it or name it in LABELGATE_CHROMIUM")
    file = tmp_path / "page.html"
    file.write_text(page, encoding="utf-8")
    asked: list[str] = []
    complaints: list[str] = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--headless", "--no-sandbox"])
        shown = browser.new_context(offline=True, viewport={"width": 1000, "height": 800}).new_page()
        shown.on("request", lambda request: asked.append(request.url))
        shown.on("console", lambda message: complaints.append(message.text))
        shown.goto(file.as_uri())
        icon = shown.evaluate("getComputedStyle(document.querySelector('td i.fa-times'), '::before').content")
        border = shown.evaluate("getComputedStyle(document.querySelector('td td')).borderTopWidth")
        wide = shown.evaluate("document.documentElement.scrollWidth <= innerWidth")
        title = shown.title()
        shown.screenshot(path=tmp_path / "page.png", full_page=True)
        browser.close()
    assert asked == [file.as_uri()]
    assert complaints == []
    assert "not met" in icon
    assert border == "1px"
    assert wide
    assert title != "1"
