"""What a gate leaves on Prefect's pages: verdict, suspects, link. No fault of it touches a verdict."""

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from cl_flows.outcome import GateResult

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

_MOST_ROWS = 100
_COLUMNS = ("id", "given_label", "suggested_label", "label_quality", "is_label_issue")


def leave_artifacts(result: GateResult, slug: str, *, report_url: str | None, row_ids: bool = True) -> None:
    """Leave the verdict as Markdown, at most a hundred suspects as a table, and the link to the report.

    Without `row_ids` there is no table, and the Markdown is the verdict and its figures alone.
    """
    folder, key = Path(result.folder), f"labelgate-{slug}"
    page = (folder / "report.html").resolve().as_uri()
    if report_url is not None:
        page = report_url.replace("{run_id}", quote(result.run_id, safe=""))
        page = page.replace("{dataset}", quote(result.dataset, safe=""))
    makers: list[Callable[[], Any]] = [
        lambda: create_markdown_artifact(
            (folder / "report.md").read_text(encoding="utf-8") if row_ids else figures(result),
            key=key,
            description=result.says,
        ),
        lambda: create_link_artifact(page, link_text=f"report of {result.run_id}", key=f"{key}-report"),
    ]
    if row_ids:
        makers.append(
            lambda: create_table_artifact(suspects(folder), key=f"{key}-suspects", description="worst first")
        )
    for make in makers:
        try:
            make()
        except Exception as error:  # noqa: BLE001 - whatever it is, the verdict stands
            logger.warning("an artifact was not left with Prefect: %s; the verdict stands", error)


def suspects(folder: Path) -> list[dict[str, Any]]:
    """Return the rows of the report that people should look at first, as plain values."""
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return [{name: row[name] for name in _COLUMNS} for row in report["suspects"][:_MOST_ROWS]]


def figures(result: GateResult) -> str:
    """Return the verdict as Markdown that names no row."""
    rate = f"{result.noise_rate:.2%} ({result.low:.2%} to {result.high:.2%})"
    return (
        f"## {result.status.upper()}\n\n| Figure | Value |\n| --- | --- |\n"
        f"| Estimated noise rate | {rate} |\n| Limit | {result.max_noise_rate:.2%} |\n"
        f"| Flagged rows | {result.n_flagged:,} of {result.n_rows:,} |\n"
    )
