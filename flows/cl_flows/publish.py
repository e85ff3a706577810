"""The last step: results on disk, a row in history, and everyone told. The verdict stands before it."""

import json
import math
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from cl_checks.policy import BUDGET
from cl_checks.rates import class_figures
from cl_core.baseline import Baseline
from cl_core.dataset import Dataset, Predictions
from cl_core.evidence import Evidence
from cl_core.verdict import Judgement
from cl_flows.baselines import write_figures
from cl_flows.claims import note_result
from cl_flows.clean import write_clean
from cl_flows.finished import finished_run
from cl_flows.hidden import without_secrets
from cl_flows.history import HistoryRow, recording
from cl_flows.kept.keep import placed, stage
from cl_flows.limits import refuse_overdue
from cl_flows.origins import filed_under, record_origin
from cl_flows.outcome import GateResult, traced_facts
from cl_flows.plan import Plan
from cl_flows.progress import report_progress
from cl_flows.report import (
    InjectedNoise,
    RunReport,
    gather_suspects,
    render_html,
    render_markdown,
    report_json,
)
from cl_flows.report.policy import waiver_lines
from cl_flows.retention import apply_limits
from cl_flows.runs import RunFolder, finish, hidden_on_failure
from cl_flows.shown_settings import shown_settings
from cl_flows.superseding import earlier_verdict, keep_earlier, withdraw
from cl_flows.telling import debtors, tell
from cl_flows.tellings import owe
from cl_flows.tracing import traced

VALIDATION_FILE = "great_expectations.json"


@dataclass(frozen=True, slots=True)
class Findings:
    """What the steps before found, gathered for those who tell people."""

    dataset: Dataset
    predictions: Predictions
    evidence: Evidence
    judgement: Judgement


def write_scored(evidence: Evidence, run: RunFolder) -> None:
    """Write the scored table, the interface to everything downstream."""
    evidence.scored.to_parquet(run.scored, index=False)


@traced("publish", traced_facts)
def publish(plan: Plan, run: RunFolder, found: Findings, *, started: datetime, engine: str) -> GateResult:
    """Write the reports, show the run, record it in history and call the publishers."""
    refuse_overdue()
    report_progress(0, 1, "writing the report")
    staged = stage(plan, run, found.dataset, found.predictions, found.evidence)
    report = _report(plan, run, found, started=started, engine=engine, notes=staged.notes)
    result = _result(plan, run, found)
    markdown = render_markdown(report)
    texts = {
        "report.html": render_html(report),
        "report.md": markdown,
        "report.json": json.dumps(report_json(report), indent=2, ensure_ascii=False, allow_nan=False),
    }
    if found.judgement.validation is not None:
        texts[VALIDATION_FILE] = json.dumps(found.judgement.validation, indent=2, allow_nan=False)
    for name, text in texts.items():
        (run.partial / name).write_text(text, encoding="utf-8")
    if run.replaces:
        keep_earlier(run)
    note_result(run.final.parent, run.run_id, asdict(result))
    figures, row = _figures(report), _history_row(report, result)
    # A run over data of the past is no news: whoever is told of it now would take it for today's.
    tells = plan.config.as_of is None
    before = withdraw if run.replaces else None
    recorded = recording(plan.config.history, row, before=before)
    with placed(run, staged), hidden_on_failure(run), recorded as connection:
        write_figures(connection, figures, accepted=is_accepted(found.judgement))
        record_origin(connection, plan.config, row.run_id, datetime.now(UTC))
        owe(
            connection,
            debtors(plan) if tells else (),
            run_id=row.run_id,
            dataset=row.dataset,
            status=row.status,
            finished_at=row.finished_at,
        )
        finish(run)
    if tells:
        url = plan.config.output.report_url
        tell(plan, finished_run(report, run, figures=figures, markdown=markdown, report_url=url))
    apply_limits(plan.config, row.dataset)
    report_progress(1, 1, "wrote the report")
    return result


def _report(
    plan: Plan, run: RunFolder, found: Findings, *, started: datetime, engine: str, notes: tuple[str, ...]
) -> RunReport:
    dataset, predictions, evidence = found.dataset, found.predictions, found.evidence
    section = plan.config.clean
    clean = None if section is None else write_clean(section, dataset, evidence, found.judgement, run.partial)
    filed = filed_under(plan.config, dataset.name, started)
    return RunReport(
        run_id=run.run_id,
        dataset=dataset.name,
        started=filed,
        finished=filed + (datetime.now(UTC) - started),
        version=version("labelgate"),
        engine=engine,
        source=_source(plan),
        fingerprint=dataset.fingerprint,
        n_rows=dataset.n_rows,
        n_unlabelled=dataset.n_unlabelled,
        model=predictions.model,
        out_of_sample=predictions.out_of_sample,
        judgement=found.judgement,
        evidence=evidence,
        notes=(
            *plan.notes,
            *dataset.notes,
            *predictions.notes,
            *evidence.warnings,
            *evidence.noise.notes,
            *_audited(evidence),
            *_dated(plan, started),
            *(earlier_verdict(run.final, started) if run.replaces else ()),
            *(clean.notes if clean else ()),
            *notes,
        ),
        settings=shown_settings(plan),
        suspects=gather_suspects(dataset, evidence),
        found=_injected(dataset, evidence),
        clean=clean,
    )


def _dated(plan: Plan, started: datetime) -> list[str]:
    """Say when data of the past were measured in truth."""
    as_of = plan.config.as_of
    return [f"data of {as_of:%Y-%m-%d %H:%M}Z, measured at {started:%Y-%m-%d %H:%M}Z"] if as_of else []


def _audited(evidence: Evidence) -> list[str]:
    """Say what people found in these rows, whether or not the gate decided on it."""
    if evidence.audit is None:
        return []
    estimate = evidence.audit.estimate
    interval = f"{estimate.confidence:.0%} interval {estimate.low:.1%} to {estimate.high:.1%}"
    rows = f"{estimate.n_audited:,} of these rows"
    return [f"people checked {rows}: {estimate.rate:.1%} of the labels are wrong ({interval})"]


def _source(plan: Plan) -> str:
    """Name the source as people wrote it, with its ${NAME}s: a URL may hold a password."""
    said = without_secrets(plan.config.data.options)
    return f"{plan.loader[0].name}: {said.get('path') or said.get('table') or said.get('name') or ''}"


def _injected(dataset: Dataset, evidence: Evidence) -> InjectedNoise | None:
    """Compare the flagged rows with the truth, where the truth is known."""
    if dataset.true_labels is None:
        return None
    wrong = dataset.true_labels != dataset.labels
    flagged = evidence.scored["is_label_issue"].to_numpy()
    found = int((wrong & flagged).sum())
    return InjectedNoise(
        n_flipped=int(wrong.sum()),
        n_found=found,
        precision=_share(found, int(flagged.sum())),
        recall=_share(found, int(wrong.sum())),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def _result(plan: Plan, run: RunFolder, found: Findings) -> GateResult:
    verdict, noise = found.judgement.verdict, found.evidence.noise
    return GateResult(
        run_id=run.run_id,
        dataset=found.dataset.name,
        status=verdict.status,
        says=verdict.says,
        remedy=verdict.remedy,
        noise_rate=noise.rate,
        low=noise.low,
        high=noise.high,
        max_noise_rate=plan.config.gate.max_noise_rate,
        n_rows=found.evidence.n_rows,
        n_flagged=found.evidence.n_flagged,
        folder=str(run.final.resolve()),
        warnings=tuple(
            f"{outcome.name} {outcome.status}: {outcome.says}" for outcome in found.judgement.warnings
        ),
        waivers=waiver_lines(found.judgement),
    )


def is_accepted(judgement: Judgement) -> bool:
    """Whether later runs may be measured by this one: it passed, and not because nothing could fail it."""
    if judgement.verdict.status != "passed":
        return False
    return all(
        outcome.status == "passed" or ruling.effect == "waived"
        for outcome, ruling in judgement.ruled()
        if outcome.name == BUDGET
    )


def _figures(report: RunReport) -> Baseline:
    noise = report.evidence.noise
    return Baseline(
        run_id=report.run_id,
        finished_at=report.finished.isoformat(timespec="milliseconds"),
        n_rows=report.n_rows,
        rate=noise.rate,
        low=noise.low,
        high=noise.high,
        method=noise.method,
        model=report.model,
        confidence=noise.confidence,
        n_unlabelled=report.n_unlabelled,
        classes=class_figures(report.evidence),
    )


def _history_row(report: RunReport, result: GateResult) -> HistoryRow:
    return HistoryRow(
        run_id=report.run_id,
        dataset=report.dataset,
        started_at=report.started.isoformat(timespec="milliseconds"),
        finished_at=report.finished.isoformat(timespec="milliseconds"),
        status=result.status,
        says=result.says,
        noise_rate=result.noise_rate,
        low=result.low,
        high=result.high,
        max_noise_rate=result.max_noise_rate,
        method=report.evidence.noise.method,
        n_rows=result.n_rows,
        n_flagged=result.n_flagged,
        model=report.model,
        fingerprint=report.fingerprint,
        engine=report.engine,
        version=report.version,
    )
