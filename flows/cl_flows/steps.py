"""The five steps of a gate as plain functions. Both engines call these and nothing else decides."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial, wraps
from typing import Any

from cl_checks.judge import judge as judge_checks
from cl_core.answers import dataset_fault, estimate_fault, predictions_fault, verdict_fault
from cl_core.context import Context
from cl_core.dataset import Dataset, Predictions
from cl_core.errors import LabelgateError, PluginError
from cl_core.evidence import Evidence, assess
from cl_core.hooks import Check
from cl_core.plugins import blame
from cl_core.verdict import Judgement, Verdict
from cl_flows.audits import answered_at, finding_for_data
from cl_flows.baselines import find_baseline
from cl_flows.config import conceal_variables
from cl_flows.content import prediction_key
from cl_flows.corrections.corrected import corrected, read_patches
from cl_flows.database.connect import refuse_unusable
from cl_flows.limits import refuse_overdue, within
from cl_flows.plan import Plan
from cl_flows.progress import report_progress
from cl_flows.tracing import traced


def _of_dataset(found: Dataset) -> dict[str, str | int | float]:
    return {"dataset": found.name, "rows": found.n_rows, "classes": found.n_classes}


def _of_evidence(found: Evidence) -> dict[str, str | int | float]:
    noise = found.noise
    figures = {"noise_rate": noise.rate, "noise_rate_low": noise.low, "noise_rate_high": noise.high}
    return {"method": noise.method, "flagged_rows": found.n_flagged, **figures}


def _of_predictions(found: Predictions) -> dict[str, str | int | float]:
    return {"model": found.model}


def _of_judgement(found: Judgement) -> dict[str, str | int | float]:
    return {"status": found.verdict.status}


@traced("load", _of_dataset)
def load(plan: Plan) -> Dataset:
    """Read the data set, and lay people's corrections over it."""
    refuse_unusable(plan.config.history)
    patches = read_patches(plan.config)
    loader, options = plan.loader
    report_progress(0, 1, "loading the data")
    written = plan.config.data.options
    dataset: Dataset = _called(
        plan, loader, "load", lambda: loader.load(options), dataset_fault, written=written
    )
    dataset = corrected(plan.config, patches, dataset, label_column=getattr(options, "label", None))
    report_progress(1, 1, f"loaded {dataset.n_rows:,} rows of {dataset.n_classes} classes")
    return dataset


@traced("predict", _of_predictions)
def predict(plan: Plan, dataset: Dataset, *, run_id: str = "") -> Predictions:
    """Get out-of-sample class probabilities for every row: kept ones, or `run_id` makes them."""
    backend, options = plan.backend_for(dataset)
    origin = plan.registry.origin(backend)

    def make() -> Predictions:
        made: Predictions = _called(
            plan,
            backend,
            "predict",
            lambda: backend.predict(dataset, options, report_progress),
            partial(predictions_fault, dataset),
            written=plan.config.model.options,
        )
        return made

    def key_for(secret: bytes) -> str:
        return prediction_key(dataset, backend, options, distribution=origin, secret=secret)

    if plan.cache is None or backend.cheap or not backend.repeats(options):
        return make()
    return plan.cache.predictions(key_for, make, run_id)


@traced("estimate", _of_evidence)
def score(plan: Plan, dataset: Dataset, predictions: Predictions) -> Evidence:
    """Estimate the label noise and score every row."""
    refuse_overdue()
    report_progress(0, 1, "estimating label noise")
    estimator, options = plan.estimator
    noise = _called(
        plan,
        estimator,
        "estimate",
        lambda: estimator.estimate(dataset.labels, predictions, options),
        partial(estimate_fault, n_rows=dataset.n_rows, k=dataset.n_classes),
        written=plan.config.estimate.options,
    )
    evidence = assess(
        dataset.labels,
        predictions.pred_probs,
        classes=dataset.classes,
        ids=dataset.ids,
        noise=noise,
        out_of_sample=predictions.out_of_sample,
    )
    evidence = audited(plan, evidence, dataset)
    report_progress(1, 1, f"scored {evidence.n_rows:,} rows, {evidence.n_flagged:,} suspects")
    return evidence


def audited(plan: Plan, evidence: Evidence, dataset: Dataset) -> Evidence:
    """Return the evidence with what people have said about these very rows until now."""
    limit = plan.config.gate.max_noise_rate
    if not 0 < limit < 1:
        return replace(evidence, audit=None)
    found = finding_for_data(plan.config.history, dataset.fingerprint, max_noise_rate=limit)
    return replace(evidence, audit=found)


@traced("judge", _of_judgement)
def judge(plan: Plan, evidence: Evidence, dataset: Dataset, *, now: datetime | None = None) -> Judgement:
    """Hold the evidence, the rows and the last accepted run against every check."""
    database = plan.config.history
    context = Context(
        dataset=dataset,
        baseline=find_baseline(
            database, dataset.name, wanted=plan.config.gate.baseline, before=plan.config.as_of
        ),
        now=now or datetime.now(UTC),
        audited_at=answered_at(database, dataset.fingerprint),
    )
    refuse_overdue()
    seen = replace(evidence, context=context)
    judged = judge_checks(
        seen, [(_limited(plan, check), options) for check, options in plan.checks], plan.policy
    )
    if judged.verdict.status != "undecided" or evidence.audit is None or not plan.config.gate.asks_people:
        return judged
    people = plan.by_people()
    checks = [(_limited(people, check), options) for check, options in people.checks]
    return judge_checks(seen, checks, people.policy)


def _limited(plan: Plan, check: Check) -> Check:
    """Give a check no longer than its limit."""
    who = f"check {check.name!r} of distribution {plan.registry.origin(check)!r}"

    @wraps(check.check)
    def limited(evidence: Evidence, options: Any) -> Verdict:
        call = partial(check.check, evidence, options)
        outcome = within(plan.config.limits.check, who, "limits.check", call)
        fault = verdict_fault(outcome)
        if fault:
            raise PluginError(
                f"{who} {fault}",
                hint=f"report it, or switch {check.name} off under `checks`",
            )
        return outcome

    return replace(check, check=limited)


def _called(
    plan: Plan,
    plugin: Any,
    step: str,
    call: Callable[[], Any],
    fault_in: Callable[[Any], str],
    *,
    written: Mapping[str, Any],
) -> Any:
    """Call a plugin; a crash or an answer with a fault names the plugin and its distribution.

    `written` are its options as people wrote them: what they hid behind ${NAME} stays hidden in errors.
    """
    distribution = plan.registry.origin(plugin)
    who = f"plugin {plugin.name!r} of distribution {distribution!r}"
    try:
        with blame(f"plugin {plugin.name!r}", distribution, "crashed"):
            answer = within(getattr(plan.config.limits, step), who, f"limits.{step}", call)
    except LabelgateError as error:
        _conceal(error, written)
        raise
    fault = fault_in(answer)
    if fault:
        raise PluginError(
            f"{who} {fault}",
            hint=f"report it to the authors of {distribution}; cl_core.testing finds such faults",
        )
    return _concealed(answer, written)


def _concealed(answer: Any, written: Mapping[str, Any]) -> Any:
    """Put ${NAME} back into the sentences that a loader or backend leaves for the report."""
    if not isinstance(answer, Dataset | Predictions):
        return answer
    notes = tuple(conceal_variables(note, written) for note in answer.notes)
    if isinstance(answer, Predictions):
        model = conceal_variables(answer.model, written)
        same = (notes, model) == (answer.notes, answer.model)
        return answer if same else replace(answer, notes=notes, model=model)
    return answer if notes == answer.notes else replace(answer, notes=notes)


def _conceal(error: BaseException, written: Mapping[str, Any]) -> None:
    """Put ${NAME} back into an error and into what caused it: Prefect logs both."""
    one: BaseException | None = error
    while one is not None:
        one.args = tuple(conceal_variables(a, written) if isinstance(a, str) else a for a in one.args)
        if isinstance(one, LabelgateError):
            one.hint = conceal_variables(one.hint, written)
        one = one.__cause__
