"""Reports of a run: one self-contained HTML page, Markdown for summaries, JSON for machines."""

from cl_flows.report.document import SCHEMA_VERSION, report_json
from cl_flows.report.html import render_html
from cl_flows.report.markdown import render_markdown
from cl_flows.report.record import Excerpt, InjectedNoise, RunReport, Suspect
from cl_flows.report.suspects import gather_suspects

__all__ = [
    "SCHEMA_VERSION",
    "Excerpt",
    "InjectedNoise",
    "RunReport",
    "Suspect",
    "gather_suspects",
    "render_html",
    "render_markdown",
    "report_json",
]
