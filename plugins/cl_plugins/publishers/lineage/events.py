"""The events of a gate: it began, and it completed or failed. OpenLineage's own records; sends none."""

from datetime import datetime
from typing import Any

from openlineage.client.event_v2 import InputDataset, Job, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    DatasetFacet,
    InputDatasetFacet,
    RunFacet,
    data_quality_assertions_dataset,
    data_quality_metrics_input_dataset,
    dataset_version_dataset,
    error_message_run,
    job_type_job,
    parent_run,
    processing_engine_run,
)
from openlineage.client.serde import Serde
from openlineage.client.uuid import generate_static_uuid

from cl_core.hooks import FinishedRun, UnfinishedRun
from cl_core.verdict import Ruling, Verdict
from cl_plugins.metrics.gauges import safe_name, worst_classes
from cl_plugins.metrics.measures import Measures, measures_of
from cl_plugins.publishers.alerts.message import line
from cl_plugins.publishers.lineage.facet import NAME, REPOSITORY, ClassNoise, LabelNoiseInputDatasetFacet
from cl_plugins.publishers.lineage.identity import Identity, identity_of, identity_of_unfinished
from cl_plugins.publishers.metrics_options import OpenLineageOptions

_TEXT = 2_000


def events_of(run: FinishedRun, options: OpenLineageOptions) -> list[dict[str, Any]]:
    """Return START, then COMPLETE for a gate that passed and FAIL for any other, as plain values."""
    measures = measures_of(run)
    named = identity_of(run, measures, options)
    passed = run.judgement.verdict.status == "passed"
    begun = _event(RunState.START, named.started, run, named, options)
    ended = _event(RunState.COMPLETE if passed else RunState.FAIL, named.finished, run, named, options)
    ended.inputs = [_input(run, measures, named)]
    if not passed:
        _explain(ended, run.judgement.verdict.says)
    return [Serde.to_dict(event) for event in (begun, ended)]


def event_of(run: UnfinishedRun, options: OpenLineageOptions) -> dict[str, Any]:
    """Return START for a run that goes on, and FAIL for one that ended without a verdict."""
    named = identity_of_unfinished(run, options)
    if not run.problem:
        return Serde.to_dict(_event(RunState.START, named.started, run, named, options))
    ended = _event(RunState.FAIL, named.finished, run, named, options)
    _explain(ended, run.problem)
    return Serde.to_dict(ended)


def _explain(ended: RunEvent, says: str) -> None:
    if ended.run.facets is not None:
        ended.run.facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(
            message=line(says, _TEXT), programmingLanguage="PYTHON", producer=ended.producer
        )


def _event(
    state: RunState,
    when: datetime,
    run: FinishedRun | UnfinishedRun,
    named: Identity,
    options: OpenLineageOptions,
) -> RunEvent:
    by = _by(run)
    key = f"{options.namespace}\0{named.job}\0{run.run_id}".encode("utf-8", "surrogatepass")
    facets: dict[str, RunFacet] = {
        "processing_engine": processing_engine_run.ProcessingEngineRunFacet(
            version=run.version, name="labelgate", producer=by
        )
    }
    if options.parent is not None:
        namespace, name, parent = options.parent.rsplit("/", 2)
        facets["parent"] = parent_run.ParentRunFacet(
            run=parent_run.Run(runId=parent), job=parent_run.Job(namespace=namespace, name=name), producer=by
        )
    kind = job_type_job.JobTypeJobFacet("BATCH", "LABELGATE", "GATE", producer=by)
    return RunEvent(
        eventTime=when.isoformat(timespec="milliseconds"),
        producer=by,
        eventType=state,
        run=Run(str(generate_static_uuid(named.started, key)), facets),
        job=Job(options.namespace, named.job, {"jobType": kind}),
        inputs=[InputDataset(named.namespace, named.name)],
    )


def _input(run: FinishedRun, measures: Measures, named: Identity) -> InputDataset:
    by = _by(run)
    facets: dict[str, DatasetFacet] = {}
    if named.fingerprint:
        facets["version"] = dataset_version_dataset.DatasetVersionDatasetFacet(named.fingerprint, producer=by)
    found: dict[str, InputDatasetFacet] = {
        "dataQualityMetrics": _metrics(run, measures, named),
        "dataQualityAssertions": data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(
            [_assertion(*ruled, named.label) for ruled in run.judgement.ruled()], producer=by
        ),
        NAME: _label_noise(run, measures),
    }
    return InputDataset(named.namespace, named.name, found, facets=facets)


def _metrics(run: FinishedRun, measures: Measures, named: Identity) -> InputDatasetFacet:
    unlabelled = (measures.report.n_unlabelled if measures.report else None) or 0
    columns = {}
    if named.label:
        columns[line(named.label, _TEXT)] = data_quality_metrics_input_dataset.ColumnMetrics(
            nullCount=unlabelled,
            count=run.n_rows,
            distinctCount=sum(one.rows > 0 for one in measures.classes) or None,
        )
    return data_quality_metrics_input_dataset.DataQualityMetricsInputDatasetFacet(
        columns, rowCount=run.n_rows + unlabelled, producer=_by(run)
    )


def _assertion(outcome: Verdict, ruling: Ruling, label: str) -> data_quality_assertions_dataset.Assertion:
    """Return a check as an assertion; an undecided one did not hold."""
    return data_quality_assertions_dataset.Assertion(
        assertion=outcome.name,
        success=outcome.status == "passed",
        column=line(label, _TEXT) or None,
        severity="error" if ruling.effect == "counts" else "warn",
        name=outcome.code,
        description=line(outcome.says, _TEXT),
        expected=_text(outcome.limit),
        actual=_text(outcome.measured),
    )


def _text(number: float | None) -> str | None:
    return None if number is None else f"{number:.6g}"


def _label_noise(run: FinishedRun, measures: Measures) -> LabelNoiseInputDatasetFacet:
    noise, verdict = run.noise, run.judgement.verdict
    worst, _ = worst_classes(measures.classes)
    return LabelNoiseInputDatasetFacet(
        runId=run.run_id,
        verdict=verdict.status,
        says=line(verdict.says, _TEXT),
        noiseRate=noise.rate,
        low=noise.low,
        high=noise.high,
        confidence=noise.confidence,
        limit=run.limit,
        method=noise.method,
        identified=noise.identified,
        rows=run.n_rows,
        flaggedRows=run.n_flagged,
        since=line(run.since, _TEXT) or None,
        report=run.report if run.report.startswith(("https://", "http://")) else None,
        classes=[ClassNoise(safe_name(one.label), one.rows, one.rate, one.low, one.high) for one in worst],
        producer=_by(run),
    )


def _by(run: FinishedRun | UnfinishedRun) -> str:
    return f"{REPOSITORY}/tree/v{run.version}"
