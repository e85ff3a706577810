"""The report as Markdown: short enough for a GitHub step summary or a Prefect artifact."""

import html
import re
from collections.abc import Sequence

from cl_core.verdict import Ruling, Verdict
from cl_flows.report.policy import baseline_line, effect_in_words, outcome_json, waiver_lines
from cl_flows.report.record import RunReport
from cl_flows.report.wording import count, cut, percent, percents, quality

_SYMBOL = {"passed": "✅ PASSED", "failed": "❌ FAILED", "undecided": "⚠️ UNDECIDED"}
# What Markdown reads as more than text: anywhere, at the start of a line, and GitHub's links and emoji.
_MARKS = re.compile(
    r"[\\`*_\[\]|~$]|^(?:[#+=-]|\d+(?=[.)](?:\s|$)))|:(?=//|[\w+-]+:)|(?<=www)\.", re.IGNORECASE
)
_SUSPECTS = 10
_PAIRS = 3
_LONG = 200
_SENTENCE = 500


def render_markdown(report: RunReport, *, full_report: str = "") -> str:
    """Return the verdict, rate, checks, worst class pairs and ten suspects as GitHub Markdown.

    Parameters
    ----------
    report
        The finished run.
    full_report
        Where the HTML page lies, a path or an address; left out when empty.
    """
    parts = [
        f"## {_headline(report)}: {_text(report.dataset)}",
        _text(report.judgement.verdict.says, 1_000),
        _figures(report),
        _bullets("What to do next", report.remedies),
        "### Checks\n\n" + _checks(report.judgement.ruled()),
        _bullets("Waivers", waiver_lines(report.judgement)),
        _pairs(report),
        _suspects(report),
        _bullets("Notes", report.remarks),
        _origin(report, full_report),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _headline(report: RunReport) -> str:
    """Return the verdict's word; that of a gate that cannot fail must not read as a pass."""
    if report.judgement.reporting_only and report.judgement.verdict.status == "passed":
        return "⚠️ REPORTING ONLY"
    return _SYMBOL[report.judgement.verdict.status]


def _text(value: object, length: int = _LONG) -> str:
    """Return the text as Markdown that shows it and does nothing else: one line, no marks, no HTML."""
    line = " ".join(cut(value, length).split())
    return _MARKS.sub(_escaped, html.escape(line, quote=False))


def _escaped(mark: re.Match[str]) -> str:
    """Put the backslash before the mark; after it where the mark is the number of a list item."""
    return f"{mark[0]}\\" if mark[0].isdigit() else f"\\{mark[0]}"


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"


def _grid(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    return "\n".join(map(_row, (head, ("---",) * len(head), *rows)))


def _figures(report: RunReport) -> str:
    noise = report.evidence.noise
    limit, rate, low, high = percents(report.limit, noise.rate, noise.low, noise.high)
    rows = [
        ("Estimated noise rate", f"**{rate}**"),
        (f"{noise.confidence:.0%} interval", f"{low} to {high}"),
        ("Limit", limit),
        ("Flagged rows", f"{count(report.evidence.n_flagged)} of {count(report.n_rows)}"),
    ]
    if not noise.identified:
        rows.append(("Not identified", _text(noise.reason)))
    before = baseline_line(report)
    if before:
        rows.append(("Last accepted run", _text(before)))
    if report.clean is not None:
        rows.append(("Clean split", _text(report.clean.says)))
    if report.found is not None:
        found = report.found
        shares = f"precision {percent(found.precision)}, recall {percent(found.recall)}"
        rows.append(
            ("Flipped labels found", f"{count(found.n_found)} of {count(found.n_flipped)} ({shares})")
        )
    return _grid(("Figure", "Value"), rows)


def _checks(checks: Sequence[tuple[Verdict, Ruling]]) -> str:
    rows = [(_result(c, ruling), _text(f"{c.code} {c.name}"), _found(c)) for c, ruling in checks]
    return _grid(("Result", "Check", "What it found"), rows) if rows else "No check ran."


def _result(check: Verdict, ruling: Ruling) -> str:
    effect = effect_in_words(outcome_json(check, ruling, most=0))
    return f"{_SYMBOL[check.status]} ({effect})" if effect else _SYMBOL[check.status]


def _found(check: Verdict) -> str:
    remedy = f" **Next:** {_text(check.remedy)}" if check.remedy and check.status != "passed" else ""
    return _text(check.says, _SENTENCE) + remedy


def _pairs(report: RunReport) -> str:
    worst = report.evidence.pair_table.head(_PAIRS)
    if worst.empty:
        return ""
    rows = [
        (_text(given, 60), _text(other, 60), count(int(rows)))
        for given, other, rows in worst.itertuples(index=False, name=None)
    ]
    return "### Most confused classes\n\n" + _grid(
        ("Given label", "Likely true label", "Rows (estimate)"), rows
    )


def _suspects(report: RunReport) -> str:
    flagged = [suspect for suspect in report.suspects if suspect.flagged][:_SUSPECTS]
    if not flagged:
        return ""
    rows = [
        (_text(s.id, 60), _text(s.given, 60), _text(s.suggested, 60), quality(s.quality)) for s in flagged
    ]
    shown = f"First {count(len(rows))} of {count(report.evidence.n_flagged, 'flagged row')}, worst first."
    return f"### Suspects\n\n{shown}\n\n" + _grid(
        ("Row", "Given label", "Suggested label", "Label quality"), rows
    )


def _bullets(title: str, lines: tuple[str, ...]) -> str:
    return f"### {title}\n\n" + "\n".join(f"- {_text(line, 1_000)}" for line in lines) if lines else ""


def _origin(report: RunReport, full_report: str) -> str:
    run = f"Run {_text(report.run_id)}, labelgate {_text(report.version)}, {_text(report.source)}"
    return f"{run}. Full report: {_text(full_report, 1_000)}" if full_report else f"{run}."
