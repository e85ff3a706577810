"""The report as a page, read as text."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cl_core import Dataset, NoiseEstimate, Passed
from cl_flows.report import InjectedNoise, RunReport, Suspect, render_html

_VOID = {"meta", "link", "img", "br", "hr", "input"}
_HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u202e{{ 7*7 }}"


class Page(HTMLParser):
    """The elements of a page; a tag that closes nothing is an error."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        assert len(dict(attrs)) == len(attrs), f"an attribute twice on {tag}"
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that closes itself, as SVG's may."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Check that the tag closes the last one opened."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note the text under its element."""
        if self._open:
            self.texts.append((self._open[-1], data))

    def all(self, *names: str) -> list[dict[str, str | None]]:
        """Return the attributes of the elements of these names."""
        return [attributes for tag, attributes in self.elements if tag in names]

    @property
    def text(self) -> str:
        """All that people read."""
        return " ".join("".join(text for tag, text in self.texts if tag not in {"style", "script"}).split())


def test_the_verdict_reads_as_agreed(
    report: Callable[..., RunReport], golden: Callable[[str, str], None]
) -> None:
    """Symbol, word, sentence, number line and figures."""
    html = render_html(report(found=InjectedNoise(9, 9, 1.0, 1.0)))
    start, end = html.index("<section"), html.index("</section>")
    golden("verdict.html", html[start:end] + "</section>\n")


@pytest.mark.parametrize("modality", ["none", "image", "text", "table"])
def test_the_page_is_whole_and_alone(
    report: Callable[..., RunReport], dataset: Callable[..., Dataset], modality: str
) -> None:
    """Tags close, ids are unique, references lead somewhere, and nothing points out of the file."""
    features: dict[str, Any] = {
        "none": None,
        "image": np.ones((60, 8, 8)),
        "text": ["some words"] * 60,
        "table": pd.DataFrame({"height": np.arange(60.0)}),
    }
    page = Page(render_html(report(dataset(features=features[modality], modality=modality))))
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(set(ids)) == len(ids)
    targets = {(a["href"] or "")[1:] for a in page.all("a")} | {
        a["aria-labelledby"] for a in page.all("section")
    }
    assert targets <= set(ids)
    assert all((a["src"] or "").startswith("data:image/png;base64,") for a in page.all("img"))
    assert {a["href"] for a in page.all("link")} == {"data:,"}
    assert not [a for _, a in page.elements if {"style", "srcset", "action", "onclick"} & set(a)]
    assert [set(a) for a in page.all("script", "style")] == [set(), set()]


def test_the_policy_lets_in_our_own_style_and_script_only(report: Callable[..., RunReport]) -> None:
    """The hashes in the content security policy are those of the page's own texts."""
    page = Page(render_html(report()))
    (policy,) = (a["content"] or "" for a in page.all("meta") if a.get("http-equiv"))
    named = dict(part.split(" ", 1) for part in policy.split("; "))
    assert {name: value for name, value in named.items() if "sha256" not in value} == {
        "default-src": "'none'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    for name in ("style", "script"):
        digest = hashlib.sha256("".join(text for tag, text in page.texts if tag == name).encode()).digest()
        assert named[f"{name}-src"] == f"'sha256-{base64.b64encode(digest).decode()}'"


def test_hostile_names_are_text(report: Callable[..., RunReport], dataset: Callable[..., Dataset]) -> None:
    """Wherever a name, a text, an id or a setting is shown, it makes no element and runs nothing."""
    data = dataset(
        classes=(_HOSTILE, "b", "c"),
        name=_HOSTILE,
        ids=np.array([f"{_HOSTILE}{i}" for i in range(60)], dtype=object),
        features=[_HOSTILE] * 60,
        modality="text",
    )
    calm = Page(render_html(report(dataset(features=["x"] * 60, modality="text"))))
    said = dict.fromkeys(("run_id", "source", "fingerprint", "model", "version", "engine"), _HOSTILE)
    verdict = Passed(_HOSTILE, _HOSTILE, _HOSTILE)
    hostile = report(data, verdict=verdict, notes=(_HOSTILE,), settings={_HOSTILE: _HOSTILE}, **said)
    page = Page(render_html(hostile))
    assert {tag for tag, _ in page.elements} == {tag for tag, _ in calm.elements}
    assert len(page.all("script")) == 1
    assert not [a for _, a in page.elements if any(name.startswith("on") for name in a)]
    assert "{{ 7*7 }}" in page.text
    assert page.text.count("<script>alert(1)</script>") >= 8


def test_what_no_file_may_hold_is_replaced(
    report: Callable[..., RunReport], dataset: Callable[..., Dataset]
) -> None:
    """Control characters and halves of surrogate pairs do not break the file."""
    html = render_html(
        report(dataset(classes=("nul\x00", "esc\x1b", "bell\x07")), notes=("half a pair \ud800",))
    )
    html.encode()
    assert not re.search("[\x00-\x08\x0b-\x1f]", html)


def test_two_classes(report: Callable[..., RunReport], dataset: Callable[..., Dataset]) -> None:
    """The smallest joint is a map of four cells."""
    page = Page(render_html(report(dataset(classes=("no", "yes")))))
    (heat,) = (i for i, (tag, a) in enumerate(page.elements) if tag == "table" and a.get("class") == "heat")
    inside = page.elements[heat : heat + 20]
    assert sum(tag == "td" for tag, _ in inside) >= 4
    assert "2 classes, most wrong labels first" in page.text


def test_a_thousand_classes_and_a_million_rows_stay_under_a_megabyte(
    report: Callable[..., RunReport], dataset: Callable[..., Dataset]
) -> None:
    """With long hostile names and pictures of pure noise; what is left out is counted."""
    names = tuple(f"{i} <b>&" * 40 for i in range(1000))
    noise = np.random.default_rng(0).integers(0, 256, (2000, 120, 120, 3), dtype=np.uint8)
    big = report(
        dataset(classes=names, n=2000, features=noise, modality="image"), settings={"k": "<" * 99_999}
    )
    scored = pd.concat([big.evidence.scored] * 500, ignore_index=True)
    html = render_html(replace(big, evidence=replace(big.evidence, scored=scored), n_rows=len(scored)))
    assert len(html.encode()) < 1_000_000
    page = Page(html)
    assert not [a for a in page.all("table") if a.get("class") == "heat"]
    assert "First 100 of 1,000 classes" in page.text
    assert f"First 50 of {len(big.evidence.pair_table)} pairs" in page.text
    assert f"50 of {500 * big.evidence.n_flagged:,} flagged rows" in page.text
    assert "of 1,000,000" in page.text


def test_no_row_is_flagged(report: Callable[..., RunReport], dataset: Callable[..., Dataset]) -> None:
    """The page says so and shows the rows of the lowest quality as what they are."""
    data = dataset(labels=np.arange(60) % 3)
    page = Page(
        render_html(report(data, verdict=Passed("LN001", "noise-budget", "None.", 0.0, 0.05), notes=()))
    )
    assert "No row is flagged as a label issue." in page.text
    assert "50 rows not flagged, lowest label quality first." in page.text
    assert "Nothing: no check asks for anything" in page.text
    assert "No pair of classes is confused with confidence." in page.text


def test_no_suspects_at_all(report: Callable[..., RunReport]) -> None:
    """A report made without looking at rows still renders."""
    page = Page(render_html(report(suspects=())))
    assert not page.all("img", "select")


def test_an_unidentified_rate_is_said(report: Callable[..., RunReport]) -> None:
    """A number that the data do not pin down never stands alone."""
    noise = NoiseEstimate(0.1, 0.0, 1.0, 0.95, "auto", 60, identified=False, reason="The model guesses.")
    evidence = replace(report().evidence, noise=noise)
    text = Page(render_html(report(evidence=evidence, out_of_sample=False))).text
    assert "The data do not pin this rate down. The model guesses." in text
    assert "The model saw the labels it judges" in text


def test_a_suspect_without_a_reason_or_excerpt(report: Callable[..., RunReport]) -> None:
    """Ids that are text and cells of a row are shown as they are."""
    rows = (
        Suspect("t1", "ash", "yew", 0.25),
        Suspect(2, "ash", "ash", 0.5, flagged=False, excerpt={"a": "1"}),
    )
    text = Page(render_html(report(suspects=rows))).text
    assert "row t1 quality 0.250" in text
    assert "row 2 quality 0.500 not flagged" in text
