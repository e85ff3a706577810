"""The report as one HTML file that needs nothing else: no host, no script, no style sheet."""

import base64
import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

from cl_flows.report import charts, wording
from cl_flows.report.document import to_plain, utc
from cl_flows.report.policy import baseline_line, effect_in_words, waiver_lines
from cl_flows.report.record import RunReport

# With these a page of 1,000 classes with long names stays well under 1 MB.
_CLASSES = 100
_PAIRS = 10  # beside the heat map
_PAIRS_ALONE = 50
_SUSPECTS = 50
_REMARKS = 20
_SETTINGS = 10_000  # characters
_NAME = 60
_TITLE = 160
_SENTENCE = 1_000
_CLOCK = str.maketrans({"T": " ", "Z": " UTC"})
_LEAST_NOISE = 0.01  # bars of the noise rate are not enlarged beyond this
_TINY = 64  # pixels: enlarged pictures up to here look better as squares than blurred
_STATUS = {"passed": ("✓", "Passed"), "failed": ("✕", "Failed"), "undecided": ("?", "Undecided")}


def render_html(report: RunReport) -> str:
    """Return the page. Every name and text of the data is escaped; nothing is loaded from anywhere."""
    style, script = _asset("report.css"), _asset("report.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src {_digest(style)}; script-src {_digest(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return _page().render(
        report=report,
        policy=policy,
        style=Markup(style),  # noqa: S704 - our own file, no data in it
        script=Markup(script),  # noqa: S704 - likewise
        **_view(report),
    )


def _view(report: RunReport) -> dict[str, Any]:
    evidence = report.evidence
    quality = evidence.scored["label_quality"].to_numpy(dtype="float64")
    flagged = evidence.scored["is_label_issue"].to_numpy(dtype=bool)
    settings = json.dumps(to_plain(report.settings), indent=2, ensure_ascii=False, allow_nan=False)
    noise, heat = evidence.noise, charts.heat_map(report)
    said = wording.percents(report.limit, noise.rate, noise.low, noise.high)
    return {
        "verdict": report.judgement.verdict,
        "noise": noise,
        "said": dict(zip(("limit", "rate", "low", "high"), said, strict=True)),
        "line": charts.number_line(report),
        "line_in_words": charts.line_in_words(report),
        "suspects": report.suspects[:_SUSPECTS],
        "given_labels": list(dict.fromkeys(s.given for s in report.suspects[:_SUSPECTS])),
        "heat": heat,
        "classes": _worst_classes(report),
        "most_noise": max(float(evidence.class_table["noise_rate"].max()), _LEAST_NOISE),
        "pairs": list(evidence.pair_table.head(_PAIRS if heat else _PAIRS_ALONE).itertuples(index=False)),
        "n_pairs": len(evidence.pair_table),
        "histograms": [
            ("Flagged", "flagged", int(flagged.sum()), charts.histogram(quality[flagged])),
            ("Not flagged", "kept", int((~flagged).sum()), charts.histogram(quality[~flagged])),
        ],
        "only": report.judgement.reporting_only and report.judgement.verdict.status == "passed",
        "effect": effect_in_words,
        "waivers": waiver_lines(report.judgement)[:_REMARKS],
        "before": baseline_line(report),
        "remarks": report.remarks[:_REMARKS],
        "settings": wording.cut(settings, _SETTINGS),
    }


def _worst_classes(report: RunReport) -> list[Any]:
    """Rows of the class table, most wrong labels first."""
    table = report.evidence.class_table
    wrong = (table["noise_rate"].fillna(0.0) * table["rows"]).to_numpy()
    order = (-wrong).argsort(kind="stable")[:_CLASSES]
    return list(table.iloc[order].itertuples(index=False))


def _digest(text: str) -> str:
    """Name a text in a content security policy, so that it and nothing else may apply or run."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _asset(name: str) -> str:
    return (files("cl_flows.report") / "templates" / name).read_text(encoding="utf-8")


def _size(excerpt: bytes) -> Markup:
    """Return the width and height attributes of a PNG, marked tiny when its pixels should stay sharp."""
    width, height = (int.from_bytes(excerpt[at : at + 4]) for at in (16, 20))
    tiny = ' class="tiny"' if max(width, height) <= _TINY else ""
    return Markup('width="%d" height="%d"') % (width, height) + Markup(tiny)  # noqa: S704 - no data in it


def _picture(excerpt: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(excerpt).decode()


@cache
def _page() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_asset),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Whatever a template prints goes through here first: no file may hold a control character.
        finalize=lambda value: value if isinstance(value, Markup) else wording.printable(value),
    )
    environment.filters |= {
        "percent": wording.percent,
        "quality": wording.quality,
        "count": wording.count,
        "duration": wording.duration,
        "utc": utc,
        "picture": _picture,
        "size": _size,
        "name": lambda text: wording.cut(text, _NAME),
        "title": lambda text: wording.cut(text, _TITLE),
        "long": lambda text: wording.cut(text, _SENTENCE),
        "clock": lambda moment: utc(moment).translate(_CLOCK),
        "status": lambda check: _STATUS[check.status],
    }
    return environment.get_template("report.html.j2")
