"""The report for machines: strict JSON with stable keys, described by schema.json."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from cl_core.verdict import Judgement, Ruling
from cl_flows.report.policy import baseline_json, outcome_json, policy_json
from cl_flows.report.record import RunReport, Suspect
from cl_flows.report.wording import printable

SCHEMA_VERSION = 1
# A thousand rows a table: every class of the largest data sets we know, and 0.2 MB of JSON.
_MOST_ROWS = 1_000


def report_json(report: RunReport) -> dict[str, Any]:
    """Return the whole report as plain JSON values; a number that does not exist is null.

    Returns
    -------
    dict
        Valid by ``schema.json`` beside this module. Tables are cut at 1,000 rows, and their
        ``total`` says how many there are. Pictures are left out.
    """
    evidence = report.evidence
    document = {
        "schema_version": SCHEMA_VERSION,
        "run": _run(report),
        "data": _data(report),
        "verdict": _verdict(report.judgement),
        "checks": [outcome_json(*ruled, most=_MOST_ROWS) for ruled in report.judgement.ruled()],
        "policy": policy_json(report.judgement),
        "baseline": baseline_json(report),
        "clean": None if report.clean is None else asdict(report.clean),
        "noise": _noise(report),
        "model": _model(report),
        "flagged": evidence.n_flagged,
        "classes": _table(_with_thresholds(report)),
        "pairs": _table(evidence.pair_table),
        "suspects": [_suspect(suspect) for suspect in report.suspects],
        "injected": _injected(report),
        "notes": list(report.remarks),
        "next_steps": list(report.remedies),
        "settings": dict(report.settings),
        "validation": report.judgement.validation,
    }
    plain: dict[str, Any] = to_plain(document)
    return plain


def to_plain(value: Any) -> Any:
    """Return the value as JSON types; NaN and infinities become None, what JSON cannot say becomes text."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {printable(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(map(to_plain, value), key=str)
    if isinstance(value, (list, tuple, np.ndarray)):
        return [to_plain(item) for item in value]
    return printable(value)


def utc(moment: datetime) -> str:
    """Write a moment as ISO 8601 in UTC, to the second: ``2026-11-23T21:00:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _run(report: RunReport) -> dict[str, Any]:
    return {
        "id": report.run_id,
        "started": utc(report.started),
        "finished": utc(report.finished),
        "seconds": round(report.seconds, 3),
        "labelgate": report.version,
        "engine": report.engine,
    }


def _data(report: RunReport) -> dict[str, Any]:
    return {
        "name": report.dataset,
        "source": report.source,
        "fingerprint": report.fingerprint,
        "rows": report.n_rows,
        "rows_without_label": report.n_unlabelled,
        "classes": len(report.evidence.classes),
    }


def _noise(report: RunReport) -> dict[str, Any]:
    noise = report.evidence.noise
    return {
        "rate": noise.rate,
        "low": noise.low,
        "high": noise.high,
        "confidence": noise.confidence,
        "limit": report.limit,
        "method": noise.method,
        "identified": noise.identified,
        "reason": noise.reason,
        "others": [{"method": method, "rate": rate} for method, rate in noise.others],
    }


def _model(report: RunReport) -> dict[str, Any]:
    quality = report.evidence.quality
    return {
        "description": report.model,
        "out_of_sample": report.out_of_sample,
        "accuracy": quality.accuracy,
        "majority": quality.majority,
        "calibration_error": quality.calibration_error,
        "rarest_class": report.evidence.classes[quality.rarest_class],
        "rarest_rows": quality.rarest_rows,
    }


def _verdict(judgement: Judgement) -> Mapping[str, Any]:
    """Return the outcome that decided, with how it counts."""
    rulings = {id(outcome): ruling for outcome, ruling in judgement.ruled()}
    ruling = rulings.get(id(judgement.verdict), Ruling())
    return outcome_json(judgement.verdict, ruling, most=_MOST_ROWS)


def _with_thresholds(report: RunReport) -> pd.DataFrame:
    return report.evidence.class_table.assign(threshold=report.evidence.thresholds)


def _table(table: pd.DataFrame) -> dict[str, Any]:
    head = table.head(_MOST_ROWS)
    rows = [dict(zip(head.columns, row, strict=True)) for row in head.itertuples(index=False, name=None)]
    return {"total": len(table), "rows": rows}


def _suspect(suspect: Suspect) -> dict[str, Any]:
    return {
        "id": suspect.id,
        "given_label": suspect.given,
        "suggested_label": suspect.suggested,
        "label_quality": suspect.quality,
        "is_label_issue": suspect.flagged,
        "reason": suspect.reason,
        "excerpt": None if isinstance(suspect.excerpt, bytes) else suspect.excerpt,
    }


def _injected(report: RunReport) -> dict[str, Any] | None:
    if report.found is None:
        return None
    found = report.found
    return {
        "flipped": found.n_flipped,
        "found": found.n_found,
        "precision": found.precision,
        "recall": found.recall,
    }
