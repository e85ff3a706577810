"""The report as one HTML file that needs nothing else: no host, no script, no style sheet."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from cl_flows.report import charts
from cl_flows.report.document import report_json, to_plain
from cl_flows.report.record import RunReport
from cl_flows.report.templating import asset, report_environment
from cl_flows.report.view import SUSPECTS, Tables, page_view


def render_html(report: RunReport) -> str:
    """Return the page. Every name and text of the data is escaped; nothing is loaded from anywhere."""
    return render_page(report_json(report), _tables(report))


def render_page(document: Mapping[str, Any], tables: Tables) -> str:
    """Return the page of a finished run from its report for machines and what that leaves out."""
    style, script = asset("report.css"), asset("report.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src {_digest(style)}; script-src {_digest(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        report_environment()
        .get_template("report.html.j2")
        .render(
            v=page_view(document, tables),
            policy=policy,
            style=Markup(style),  # noqa: S704 - our own file, no data in it
            script=Markup(script),  # noqa: S704 - likewise
        )
    )


def _tables(report: RunReport) -> Tables:
    evidence = report.evidence
    quality = evidence.scored["label_quality"].to_numpy(dtype="float64")
    flagged = evidence.scored["is_label_issue"].to_numpy(dtype=bool)
    few = len(evidence.classes) <= charts.HEAT_MAP_CLASSES
    return Tables(
        class_rows=to_plain(evidence.class_table.to_dict("records")),
        pairs=to_plain(evidence.pair_table.head(SUSPECTS).to_dict("records")),
        n_pairs=len(evidence.pair_table),
        joint=evidence.confident_joint if few else None,
        joint_classes=tuple(map(str, evidence.classes)) if few else (),
        flagged=charts.quality_bins(quality[flagged]),
        kept=charts.quality_bins(quality[~flagged]),
        suspects=report.suspects[:SUSPECTS],
    )


def _digest(text: str) -> str:
    """Name a text in a content security policy, so that it and nothing else may apply or run."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
