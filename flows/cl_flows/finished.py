"""From a report to what publishers are told: few rows, short lists, the link. Tells nobody."""

from urllib.parse import quote

from cl_core.baseline import Baseline
from cl_core.hooks import FinishedRun
from cl_core.telling import ConfusedPair, SuspectRow
from cl_flows.report import RunReport
from cl_flows.report.policy import baseline_line
from cl_flows.report.wording import count
from cl_flows.runs import RunFolder

_PAIRS = 3
_SUSPECTS = 10


def finished_run(
    report: RunReport, run: RunFolder, *, figures: Baseline, markdown: str, report_url: str | None
) -> FinishedRun:
    """Gather what a message about the run says; `report_url` may hold ``{run_id}`` and ``{dataset}``."""
    pairs = report.evidence.pair_table.head(_PAIRS).itertuples(index=False, name=None)
    flagged = [suspect for suspect in report.suspects if suspect.flagged][:_SUSPECTS]
    return FinishedRun(
        run.run_id,
        report.dataset,
        report.judgement,
        report.evidence.noise,
        run.final,
        markdown,
        figures,
        limit=report.limit,
        n_rows=report.n_rows,
        n_flagged=report.evidence.n_flagged,
        pairs=tuple(ConfusedPair(str(given), str(other), int(rows)) for given, other, rows in pairs),
        suspects=tuple(SuspectRow(s.id, s.given, s.suggested) for s in flagged),
        since=_since(report),
        next_steps=report.remedies,
        report=_address(report, run, report_url),
        finished_at=report.finished.isoformat(timespec="milliseconds"),
        version=report.version,
        started_at=report.started.isoformat(timespec="milliseconds"),
    )


def _since(report: RunReport) -> str:
    baseline = report.judgement.baseline
    if baseline is None:
        return ""
    rows = f"; {count(report.n_rows, 'row')}, then {count(baseline.n_rows)}"
    return f"{baseline_line(report)}{rows if report.n_rows != baseline.n_rows else ''}"


def _address(report: RunReport, run: RunFolder, report_url: str | None) -> str:
    if report_url is None:
        return str((run.final / "report.html").resolve())
    return report_url.replace("{run_id}", quote(run.run_id, safe="")).replace(
        "{dataset}", quote(report.dataset, safe="")
    )
