"""The gate as a Prefect flow: the same steps as the direct engine, wired as tasks. No rules here."""

from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.types._datetime import now

from cl_checks.gx.process import ExpectationsProcess
from cl_flows import steps
from cl_flows.config import GateConfig, load_config
from cl_flows.expectations import cross_checked, expectations_worker, own_suite_first
from cl_flows.gate_events import announce_unmet_suite, announce_verdict, life_announced, slug_of
from cl_flows.outcome import GateResult, SuiteFailed, error_for
from cl_flows.passing import is_passing
from cl_flows.plan import make_plan
from cl_flows.publish import Findings, publish, write_scored
from cl_flows.runs import RunFolder, new_run_id, open_run
from cl_flows.states import advised, stopped_by
from cl_flows.store import read_predictions, read_record, save_predictions, save_record
from cl_plugins.stored_rows import read_dataset, save_dataset

# A process cannot be an argument of a task: Prefect records arguments.
_worker: ContextVar[ExpectationsProcess | None] = ContextVar("worker", default=None)


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
    folder = work / "dataset"
    dataset = steps.load(make_plan(config))
    save_dataset(own_suite_first(config, dataset, work.parent, _worker.get()), folder)
    return folder


@task(
    name="predict",
    cache_policy=NO_CACHE,
    retries=3,
    retry_delay_seconds=[1, 5, 25],
    retry_condition_fn=_is_worth_retrying,
)
def predict_task(config: GateConfig, dataset: Path, run: RunFolder) -> Path:
    """Get out-of-sample probabilities into the run's folder."""
    folder = run.work / "predictions"
    found = steps.predict(make_plan(config), read_dataset(dataset), run_id=run.run_id)
    save_predictions(found, folder)
    return folder


@task(name="score", cache_policy=NO_CACHE)
def score_task(config: GateConfig, dataset: Path, predictions: Path, run: RunFolder) -> Path:
    """Estimate the noise and write the scored table."""
    evidence = steps.score(make_plan(config), read_dataset(dataset), read_predictions(predictions))
    write_scored(evidence, run)
    path = run.work / "evidence"
    save_record(evidence, path)
    return path


@task(name="judge", cache_policy=NO_CACHE)
def judge_task(config: GateConfig, dataset: Path, evidence_path: Path, run: RunFolder) -> Path:
    """Reach the verdict and cross-check it."""
    evidence = read_record(evidence_path)
    judged = steps.judge(make_plan(config), evidence, read_dataset(dataset))
    path = run.work / "judgement"
    save_record(cross_checked(config, judged, evidence, run.scored, _worker.get()), path)
    return path


@task(name="publish", cache_policy=NO_CACHE)
def publish_task(config: GateConfig, paths: dict[str, Path], run: RunFolder, started: datetime) -> GateResult:
    """Write reports and history."""
    found = Findings(
        read_dataset(paths["dataset"]),
        read_predictions(paths["predictions"]),
        read_record(paths["evidence"]),
        read_record(paths["judgement"]),
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
    started = now("UTC")
    with (
        life_announced(),
        open_run(ready.output.folder, new_run_id(ready.as_of)) as run,
        expectations_worker(wanted=ready.gate.great_expectations.enabled) as worker,
    ):
        token = _worker.set(worker)
        try:
            result = _run_steps(ready, run, started)
        except SuiteFailed as failed:
            announce_unmet_suite(failed.dataset, str(failed))
            return cast("GateResult", stopped_by(failed))
        finally:
            _worker.reset(token)
    _announce(result, advisory=advisory)
    error = error_for(result)
    if error is None:
        return result
    # Prefect takes a returned state for the flow's own; the caller gets the error raised.
    return cast("GateResult", advised(result) if advisory else stopped_by(error))


def _run_steps(config: GateConfig, run: RunFolder, started: datetime) -> GateResult:
    dataset = load_task(config, run.work)
    predictions = predict_task(config, dataset, run)
    evidence = score_task(config, dataset, predictions, run)
    judgement = judge_task(config, dataset, evidence, run)
    paths = {
        "dataset": dataset,
        "predictions": predictions,
        "evidence": evidence,
        "judgement": judgement,
    }
    return publish_task(config, paths, run, started)


def _announce(result: GateResult, *, advisory: bool) -> None:
    """Leave the report and an event with Prefect; automations and people read them there."""
    markdown = (Path(result.folder) / "report.md").read_text(encoding="utf-8")
    create_markdown_artifact(markdown, key=f"labelgate-{slug_of(result.dataset)}", description=result.says)
    announce_verdict(result, advisory=advisory)
