"""A run's page: verdict, rate with interval, classes, confident joint, label quality. No rows."""

import json

import pandas as pd
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from cl_flows.report import charts
from cl_flows.report.view import Tables, page_view
from cl_flows.review.web.links import Links
from cl_flows.review.web.render import page
from cl_flows.review.web.shelf import shelf_of
from cl_flows.runs import SCORED_FILE

router = APIRouter()


@router.get("/runs/{run_id}")
def run_page(request: Request, run_id: str) -> Response:
    """Show what a run found."""
    shelf = shelf_of(request)
    folder = shelf.folder(run_id)
    document = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    scored = pd.read_parquet(folder / SCORED_FILE, columns=["label_quality", "is_label_issue"])
    flagged = scored["is_label_issue"].to_numpy()
    quality = scored["label_quality"].to_numpy()
    tables = Tables(
        class_rows=document["classes"]["rows"],
        pairs=document["pairs"]["rows"][:50],
        n_pairs=document["pairs"]["total"],
        joint=None,
        joint_classes=(),
        flagged=charts.quality_bins(quality[flagged]),
        kept=charts.quality_bins(quality[~flagged]),
    )
    v = page_view(document, tables)
    to = Links(run_id, [row["label"] for row in document["classes"]["rows"]])
    return page(
        request, "run.html.j2", {"v": v, "to": to, "progress": {"total": 0, "decided": 0, "disputed": 0}}
    )
