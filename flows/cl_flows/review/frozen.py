"""A run's page with what people decided, frozen in one file: the sections of the review pages, no server."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from cl_flows.database.place import Database
from cl_flows.kept import open_kept
from cl_flows.report import charts
from cl_flows.report.document import utc
from cl_flows.report.html import render_page
from cl_flows.report.record import Suspect
from cl_flows.report.suspects import excerpts_of, plain_id
from cl_flows.report.view import SUSPECTS, Tables
from cl_flows.review.agreement import agreement_of
from cl_flows.review.index import RunIndex
from cl_flows.review.standing import Outcome, RowStanding, Standing, standing

_PAIRS = 50
_ROWS = 200


def frozen_page(output: Path, database: Database, run_id: str) -> str:
    """Return the page of a finished run as it stands now, complete in itself; its rows must be kept."""
    index = RunIndex(open_kept(output, run_id))
    settled = standing(database, index.run.fingerprint)
    tables = replace(tables_of(index), suspects=_suspects(index, settled), review=_review(settled))
    return render_page(index.run.report, tables)


def tables_of(index: RunIndex) -> Tables:
    """Return what the report's sections show besides the report for machines."""
    report = index.run.report
    shown = index.heat(charts.HEAT_MAP_CLASSES)
    place = {name: code for code, name in enumerate(index.classes)}
    flagged = charts.quality_bins(index.quality[index.flagged])
    return Tables(
        class_rows=report["classes"]["rows"],
        pairs=report["pairs"]["rows"][:_PAIRS],
        n_pairs=report["pairs"]["total"],
        joint=np.array(shown.counts, dtype=np.int64).reshape(len(shown.labels), len(shown.labels)),
        joint_classes=shown.labels,
        joint_rows=index.class_sizes[[place[name] for name in shown.labels]],
        flagged=flagged,
        kept=charts.quality_bins(index.quality) - flagged,
    )


def _suspects(index: RunIndex, settled: Standing) -> tuple[Suspect, ...]:
    """Return the worst rows with a small look at each and what became of them."""
    positions = index.order[:SUSPECTS]
    excerpts = excerpts_of(index.run.dataset(), positions)
    return tuple(
        Suspect(
            id=plain_id(index.ids[position]),
            given=row.given,
            suggested=row.suggested,
            quality=row.quality,
            flagged=row.flagged,
            reason=row.reason,
            excerpt=excerpt,
            decided=_decided(settled.row(row.position)),
        )
        for position, excerpt in zip(positions.tolist(), excerpts, strict=True)
        for row in (index.row(position),)
    )


def _review(settled: Standing) -> dict[str, Any] | None:
    """Return figures and the first settled rows; None where nobody gave a word."""
    if not settled.verdicts:
        return None
    rows = settled.settled()
    agreed = agreement_of(word for words in settled.words.values() for word in words)
    return {
        **{outcome.value: rows_ for outcome, rows_ in settled.counts.items()},
        "written": utc(datetime.now(UTC)),
        "agreement": agreed.raw,
        "seen_twice": agreed.rows,
        "kappa": agreed.kappa,
        "total": len(rows),
        "rows": [
            {
                "id": row.row_id,
                "given": row.given_label,
                "decision": _decision(row),
                "who": ", ".join(row.who),
                "decided_at": row.decided_at,
                "why": row.note,
            }
            for row in rows[:_ROWS]
        ],
    }


def _decided(row: RowStanding | None) -> str:
    """Say what became of a row, and by whom; empty for an open one."""
    if row is None or row.outcome is Outcome.OPEN:
        return ""
    return f"{_decision(row)} ({', '.join(row.who)})"


def _decision(row: RowStanding) -> str:
    match row.outcome:
        case Outcome.KEEP:
            return "kept"
        case Outcome.RELABEL:
            return f"→ {row.label}"
        case Outcome.EXCLUDE:
            return "ambiguous" if row.action == "ambiguous" else "in no class"
        case _:
            return str(row.outcome.value)
