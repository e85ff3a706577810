"""Dagster assets with a blocking check: nothing downstream of bad labels is built."""

import os
from pathlib import Path

import dagster as dg

from cl_flows import run_gate

PROJECT = Path(os.environ.get("LABELS_PROJECT", "."))


@dg.asset
def labels() -> None:
    """The labelled table; here it is a file that somebody delivers."""


@dg.asset_check(asset=labels, blocking=True)
def labels_keep_their_limit() -> dg.AssetCheckResult:
    """Gate the labels; anything but a pass stops what comes after."""
    result = run_gate(PROJECT / "gate.yaml")
    return dg.AssetCheckResult(
        passed=result.status == "passed",
        description=f"{result.says} {result.remedy}".strip(),
        metadata={
            "noise rate": result.noise_rate,
            "interval": f"{result.low:.1%} to {result.high:.1%}",
            "limit": result.max_noise_rate,
            "flagged rows": result.n_flagged,
            "report": dg.MetadataValue.path(str(Path(result.folder) / "report.html")),
        },
    )


@dg.asset(deps=[labels])
def model() -> None:
    """The model; here it is a mark that training took place."""
    (PROJECT / "trained").touch()


defs = dg.Definitions(assets=[labels, model], asset_checks=[labels_keep_their_limit])
