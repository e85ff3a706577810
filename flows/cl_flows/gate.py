"""The gate as a Prefect flow: the same steps as the direct engine, wired as tasks. No rules here."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from cl_checks.gx.process import ExpectationsProcess
from cl_flows import steps
from cl_flows.artifacts import leave_artifacts
from cl_flows.config import GateConfig, load_config
from cl_flows.expectations import cross_checked, expectations_worker, own_suite_first
from cl_flows.following import followed
from cl_flows.gate_events import announce_unmet_suite, announce_verdict, life_announced, slug_of
from cl_flows.limits import run_limit
from cl_flows.outcome import GateResult, SuiteFailed, error_for, traced_facts
from cl_flows.passing import is_passing
from cl_flows.plan import make_plan
from cl_flows.progress_artifact import progress_artifact
from cl_flows.publish import Findings, publish, write_scored
from cl_flows.resuming import Attempt, attempt_for, put_right
from cl_flows.runs import RunFolder, open_run
from cl_flows.sealed import once, seal_key
from cl_flows.states import advised, stopped_by
from cl_flows.store import read_predictions, read_record, save_predictions, save_record
from cl_flows.suspension import (
    begin_to_wait,
    heard_people,
    name_overdue_aside,
    repeated_flow_run,
    wait_for_people,
)
from cl_flows.tracing import traced
from cl_flows.waiting import with_plan
from cl_plugins.stored_rows import map_dataset, read_dataset, save_dataset

# A process cannot be an argument of a task: Prefect records arguments.
_worker: ContextVar[ExpectationsProcess | None] = ContextVar("worker", default=None)
# What a step's result must have been made with to be used by another attempt; empty where there is none.
_key: ContextVar[str] = ContextVar("key", default="")


def _is_worth_retrying(_task: Any, _run: TaskRun, state: State[Any]) -> bool:
    return isinstance(state.data, BaseException) and is_passing(state.data)


@task(
    name="load",
    cache_policy=NO_CACHE,
    retries=3,
    retry_delay_seconds=[1, 5, 25],
    retry_condition_fn=_is_worth_retrying,
)
def load_task(config: GateConfig, work: Path) -> Path:
    """Read the data set into the run's folder."""

    def make(folder: Path) -> None:
        dataset = steps.load(make_plan(config))
        save_dataset(own_suite_first(config, dataset, work.parent, _worker.get()), folder)

    return once(work / "dataset", _key.get(), make)


@task(
    name="predict",
    cache_policy=NO_CACHE,
    retries=3,
    retry_delay_seconds=[1, 5, 25],
    retry_condition_fn=_is_worth_retrying,
)
def predict_task(config: GateConfig, dataset: Path, run: RunFolder) -> Path:
    """Get out-of-sample probabilities into the run's folder."""

    def make(folder: Path) -> None:
        rows = read_dataset(dataset)
        with progress_artifact(f"labelgate-{slug_of(rows.name)}-progress"):
            found = steps.predict(make_plan(config), rows, run_id=run.run_id)
        save_predictions(found, folder)

    return once(run.work / "predictions", _key.get(), make, after=(dataset,))


@task(name="score", cache_policy=NO_CACHE)
def score_task(config: GateConfig, dataset: Path, predictions: Path, run: RunFolder) -> Path:
    """Estimate the noise and write the scored table."""

    def make(path: Path) -> None:
        evidence = steps.score(make_plan(config), read_dataset(dataset), read_predictions(predictions))
        write_scored(evidence, run)
        save_record(evidence, path)

    return once(run.work / "evidence", _key.get(), make, also=(run.scored,), after=(dataset, predictions))


@task(name="judge", cache_policy=NO_CACHE)
def judge_task(config: GateConfig, dataset: Path, evidence_path: Path, run: RunFolder) -> Path:
    """Reach the verdict on what is known now, people's answers included, and cross-check it."""

    def make(path: Path) -> None:
        plan, rows = make_plan(config), read_dataset(dataset)
        evidence = steps.audited(plan, read_record(evidence_path), rows)
        judged = steps.judge(plan, evidence, rows)
        judged = cross_checked(config, judged, evidence, run.scored, _worker.get())
        save_record((evidence.audit, judged), path)

    key = "" if run.replaces else _key.get()  # people may have answered since
    return once(run.work / "judgement", key, make, after=(evidence_path,))


@task(name="publish", cache_policy=NO_CACHE)
def publish_task(config: GateConfig, paths: dict[str, Path], run: RunFolder, started: datetime) -> GateResult:
    """Write reports and history."""
    audit, judgement = read_record(paths["judgement"])
    found = Findings(
        read_dataset(paths["dataset"]),
        read_predictions(paths["predictions"]),
        replace(read_record(paths["evidence"]), audit=audit),
        judgement,
    )
    return publish(make_plan(config), run, found, started=started, engine="prefect")


TASKS = (load_task, predict_task, score_task, judge_task, publish_task)


# Retries are refused on purpose: a verdict is not a fault, and Prefect 3.8 leaves a flow that
# returns a failed state with retries waiting for ever.
@flow(name="label-gate", retries=0, validate_parameters=True)
def label_gate(config: GateConfig | Path, *, advisory: bool = False) -> GateResult:
    """Gate one data set: return the `GateResult` of a pass, raise on any other verdict.

    Parameters
    ----------
    config
        A `GateConfig`, or the path of a gate.yaml.
    advisory
        Only tell: the verdict is reached, recorded and told as ever, but it raises nothing. The result is
        returned and the flow run completes, as ``NoiseGateFailedAdvisory`` or ``NoiseGateUndecidedAdvisory``.
        A crash, and a suite of your own that is not met, still raise: then there is no verdict to tell.

    Raises
    ------
    GateFailed
        The labels are over a limit, or (`SuiteFailed`) your own suite is not met; the flow run ends in the
        failed state ``NoiseGateFailed``.
    GateUndecided
        The data allow no verdict; the flow run ends in the failed state ``NoiseGateUndecided``.
    """
    ready = config if isinstance(config, GateConfig) else load_config(config)
    name_overdue_aside(ready.output.folder)
    attempt = attempt_for(ready, repeated_flow_run())
    goes_on = not attempt.waits or heard_people(ready, attempt)
    result = None if attempt.waits and goes_on else attempt.result
    if result is None:
        waits = ready.as_of is None and not advisory and attempt.claim is not None
        try:
            result = _judged(ready, attempt, may_wait=waits)
        except SuiteFailed as failed:
            announce_unmet_suite(failed.dataset, str(failed))
            return cast("GateResult", stopped_by(failed))
    is_news = result != attempt.result or not attempt.waits
    result, planned = with_plan(ready, result)
    if is_news:
        _announce(ready, result, advisory=advisory)
    if goes_on:
        wait_for_people(ready, result, planned=planned)
    error = error_for(result)
    if error is None:
        return result
    # Prefect takes a returned state for the flow's own; the caller gets the error raised.
    return cast("GateResult", advised(result) if advisory else stopped_by(error))


@traced("run", traced_facts)
def _judged(config: GateConfig, attempt: Attempt, *, may_wait: bool) -> GateResult:
    """Run the steps that no earlier attempt has finished."""
    with (
        life_announced(),
        followed(config, attempt.started) as begin,
        run_limit(config.limits.run),
        open_run(config.output.folder, attempt.run_id, attempt.claim) as opened,
        expectations_worker(wanted=config.gate.great_expectations.enabled) as worker,
    ):
        run = put_right(opened, attempt.status)
        tokens = _worker.set(worker), _key.set(seal_key(config) if attempt.claim else "")
        try:
            return _run_steps(config, run, attempt, begin, may_wait=may_wait)
        finally:
            _worker.reset(tokens[0])
            _key.reset(tokens[1])


def _run_steps(
    config: GateConfig,
    run: RunFolder,
    attempt: Attempt,
    begin: Callable[[str, RunFolder], None],
    *,
    may_wait: bool,
) -> GateResult:
    dataset = load_task(config, run.work)
    if not attempt.waits:  # else an end was told already, and another may never come
        begin(map_dataset(dataset).name, run)
    predictions = predict_task(config, dataset, run)
    evidence = score_task(config, dataset, predictions, run)
    judgement = judge_task(config, dataset, evidence, run)
    paths = {
        "dataset": dataset,
        "predictions": predictions,
        "evidence": evidence,
        "judgement": judgement,
    }
    audit, judged = read_record(judgement)
    if judged.verdict.status == "undecided":
        # Answers that came since it was judged may decide, so the audit that it was judged with counts.
        is_open = audit is None or audit.decision.decision == "undecided"
        if may_wait and config.gate.asks_people and is_open:
            begin_to_wait(config, run.run_id, read_dataset(dataset).fingerprint)
        if attempt.waits and attempt.result is not None:  # it is on record already
            return attempt.result
    return publish_task(config, paths, run, attempt.started)


def _announce(config: GateConfig, result: GateResult, *, advisory: bool) -> None:
    """Leave the report and an event with Prefect; automations and people read them there."""
    output = config.output
    slug = slug_of(result.dataset)
    leave_artifacts(result, slug, report_url=output.report_url, row_ids=output.prefect_row_ids)
    announce_verdict(result, advisory=advisory)
