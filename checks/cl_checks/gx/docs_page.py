"""What Data Docs show of our expectations: sentences and tables. Decides nothing, measures nothing.

Great Expectations' own tables of label pairs swap the two labels at random (a set of column names makes
the header), and its pages do not tell a warning from a failure: ours do neither.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from cl_checks.wording import percents

# A page is read by people: ten pairs and ten rows show where to look.
MOST_PAIRS = 10
_MOST_ROWS = 10

BADGES = {"default": {"classes": ["badge", "badge-secondary"]}}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A template with ``$name`` and what stands for each name."""

    template: str
    params: dict[str, str]


def expected(sentence: str, limit_name: str, configuration: Any) -> Sentence:
    """Say what is expected: the limit in per cent, and the severity where it is not the usual one."""
    asked = configuration.kwargs
    limit = asked.get(limit_name)
    params = {"limit": _percent(limit), "label_column": str(asked.get("label_column"))}
    severity = getattr(configuration.severity, "value", configuration.severity)
    template = sentence
    if severity and severity != "critical":
        template += " ($severity)"
        params["severity"] = str(severity)
    return Sentence(template, params)


def observed(result: Mapping[str, Any]) -> str:
    """Say what was found: a share in per cent, its interval, and whether it can be trusted."""
    value = result.get("observed_value")
    if value is None:
        return "--"
    details = result.get("details") or {}
    said = _percent(value)
    if details.get("interval"):
        said += f" (interval {' to '.join(percents(*details['interval']))})"
    if details.get("identified") is False:
        said += ", which the data do not pin down"
    if details.get("class"):
        said += f" in class {details['class']}"
    flagged, rows = result.get("unexpected_count"), result.get("element_count")
    return f"{escape(said)}; {flagged:,} of {rows:,} rows are flagged"


def tables(result: Mapping[str, Any]) -> Any:
    """Lay out the classes over the limit, the worst pairs and rows; None where nothing is flagged."""
    details = result.get("details") or {}
    rows = (result.get("partial_unexpected_list") or [])[:_MOST_ROWS]
    written = []
    over = details.get("over_limit")
    if over:
        shown = [[c["label"], f"{c['rows']:,}", _percent(c["noise_rate"])] for c in over]
        written.append(_table(["class over the limit", "rows", "noise rate"], shown))
    if details.get("pairs"):
        pairs = [[p["given_label"], p["suggested_label"], f"{p['rows']:,}"] for p in details["pairs"]]
        written.append(_table(["given label", "suggested label", "rows"], pairs))
    if rows:
        # The order of the columns is ours: stored JSON sorts them.
        head = [name for name in ("id", "given_label", "suggested_label", "label_quality") if name in rows[0]]
        cells = [[_cell(row[name]) for name in head] for row in rows]
        written.append(_table([name.replace("_", " ") for name in head], cells))
    return written or None


def _table(header: list[str], cells: list[list[str]]) -> Any:
    from great_expectations.render import RenderedTableContent

    return RenderedTableContent(
        content_block_type="table",
        header_row=header,
        # Great Expectations writes what it gets into the page as it is, a label's angle brackets too.
        table=[[escape(str(cell)) for cell in row] for row in cells],
        styling={"body": {"classes": ["table-bordered", "table-sm", "mt-3"]}},
    )


def _cell(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _percent(value: Any) -> str:
    if isinstance(value, int | float):
        return percents(float(value))[0] if math.isfinite(value) else "unknown"
    if isinstance(value, Mapping):
        return str(value.get("$PARAMETER", dict(value)))
    return str(value)
