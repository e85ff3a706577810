"""The report as Markdown."""

import re
from collections.abc import Callable
from dataclasses import replace
from math import nan

import pytest

from cl_core import Dataset, Judgement, NoiseEstimate, Passed, Undecided
from cl_flows.report import InjectedNoise, RunReport, render_markdown
from cl_flows.report.markdown import _text
from cl_flows.report.wording import NOTHING


def test_the_summary_reads_as_agreed(
    report: Callable[..., RunReport], golden: Callable[[str, str], None]
) -> None:
    """Verdict first, then figures, remedy, checks, three pairs, suspects, notes and where the page lies."""
    found = InjectedNoise(9, 9, 1.0, 1.0)
    golden("report.md", render_markdown(report(found=found), full_report="runs/1/report.html"))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("a|b", r"a\|b"),
        ("`code` *bold* _it_ ~no~", r"\`code\` \*bold\* \_it\_ \~no\~"),
        ("two\nlines\r\n\n# heading", "two lines # heading"),
        ("# heading", r"\# heading"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("12) item", r"12\) item"),
        ("3.5 is a number", "3.5 is a number"),
        ("a rate of 1:2", "a rate of 1:2"),
        ("[x](https://evil.example)", r"\[x\](https\://evil.example)"),
        ("www.evil.example", r"www\.evil.example"),
        ("![x](y) $math$ :bomb:", r"!\[x\](y) \$math\$ \:bomb:"),
        ("a\\|b", r"a\\\|b"),
        ("&lt;", "&amp;lt;"),
        ("quiet\x00\x1b[31m", "quiet\ufffd\ufffd\\[31m"),
    ],
)
def test_hostile_text_stays_text(raw: str, shown: str) -> None:
    """No name can open a tag, a link, a heading, a list or another cell."""
    assert _text(raw) == shown


def test_a_hostile_class_name_keeps_the_tables_whole(
    report: Callable[..., RunReport], dataset: Callable[..., Dataset]
) -> None:
    """Every row of a table has as many cells as its head."""
    classes = ("a|b\n|c", "<img src=x onerror=alert(1)>", "`\\|`")
    text = render_markdown(report(dataset(classes=classes, name="x\n## y")))
    assert "<img" not in text
    for block in text.split("\n\n"):
        cells = {
            len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) for line in block.splitlines() if line[0] == "|"
        }
        assert len(cells) <= 1, block
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## ❌ FAILED: x ## y"]


def test_a_clean_run_is_short(report: Callable[..., RunReport], dataset: Callable[..., Dataset]) -> None:
    """Without suspects, pairs, notes and remedies their headings are not there either."""
    data = dataset(n=6, labels=dataset(n=7).labels[1:], pred_probs=dataset(n=7).pred_probs[1:])  # type: ignore[index]
    passed = Passed("LN001", "noise-budget", "0.0% of the labels are wrong.", 0.0, 0.05)
    text = render_markdown(report(data, verdict=passed, notes=(), suspects=()))
    assert text.startswith("## ✅ PASSED: trees\n")
    assert [line for line in text.splitlines() if line.startswith("###")] == ["### Checks"]


def test_an_undecided_run_does_not_read_as_passed(report: Callable[..., RunReport]) -> None:
    """The first word says it, and what would settle it follows."""
    open_ = Undecided(
        "LN001", "noise-budget", "The limit lies inside the interval.", 0.15, 0.1, "Check 80 rows."
    )
    text = render_markdown(report(verdict=open_))
    assert text.startswith("## ⚠️ UNDECIDED: trees\n")
    assert "### What to do next\n\n- Check 80 rows.\n" in text


def test_no_limit_and_no_check(report: Callable[..., RunReport]) -> None:
    """A run without a noise budget shows a dash for the limit."""
    only = Passed("LN002", "coverage", "Every class has rows enough.")
    text = render_markdown(report(judgement=Judgement(only, ()), found=InjectedNoise(0, 0, nan, nan)))
    assert f"| Limit | {NOTHING} |" in text
    assert "No check ran." in text
    assert f"0 of 0 (precision {NOTHING}, recall {NOTHING})" in text


def test_an_unidentified_rate_is_said(report: Callable[..., RunReport]) -> None:
    """The table of figures says why the rate cannot be trusted."""
    noise = NoiseEstimate(0.1, 0.0, 1.0, 0.95, "auto", 60, identified=False, reason="The model guesses.")
    text = render_markdown(report(evidence=replace(report().evidence, noise=noise)))
    assert "| Not identified | The model guesses. |" in text
