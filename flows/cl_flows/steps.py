"""The five steps of a gate as plain functions. Both engines call these and nothing else decides."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from cl_checks.judge import judge as judge_checks
from cl_core.dataset import Dataset, Predictions
from cl_core.errors import PluginError
from cl_core.evidence import Evidence, assess
from cl_core.inputs import check_inputs
from cl_core.noise.record import NoiseEstimate
from cl_core.plugins import blame
from cl_core.verdict import Judgement
from cl_flows.audits import finding_for_data
from cl_flows.plan import Plan
from cl_flows.progress import report_progress
from cl_flows.runs import HISTORY_FILE


def load(plan: Plan) -> Dataset:
    """Read the data set."""
    loader, options = plan.loader
    report_progress(0, 1, "loading the data")
    dataset: Dataset = _called(plan, loader, lambda: loader.load(options), Dataset)
    report_progress(1, 1, f"loaded {dataset.n_rows:,} rows of {dataset.n_classes} classes")
    return dataset


def predict(plan: Plan, dataset: Dataset) -> Predictions:
    """Get out-of-sample class probabilities for every row."""
    backend, options = plan.backend_for(dataset)
    predictions: Predictions = _called(
        plan, backend, lambda: backend.predict(dataset, options, report_progress), Predictions
    )
    shape = np.shape(predictions.pred_probs)
    if shape != (dataset.n_rows, dataset.n_classes):
        raise PluginError(
            f"backend {backend.name!r} of {plan.registry.origin(backend)!r} gave probabilities of shape "
            f"{shape} for {dataset.n_rows:,} rows of {dataset.n_classes} classes",
            hint="a backend returns one row a row and one column a class, in the data set's order",
        )
    check_inputs(dataset.labels, predictions.pred_probs)
    return predictions


def score(plan: Plan, dataset: Dataset, predictions: Predictions) -> Evidence:
    """Estimate the label noise and score every row."""
    report_progress(0, 1, "estimating label noise")
    estimator, options = plan.estimator
    noise: NoiseEstimate = _called(
        plan,
        estimator,
        lambda: estimator.estimate(dataset.labels, predictions.pred_probs, options),
        NoiseEstimate,
    )
    evidence = assess(
        dataset.labels,
        predictions.pred_probs,
        classes=dataset.classes,
        ids=dataset.ids,
        noise=noise,
        out_of_sample=predictions.out_of_sample,
    )
    database = plan.config.output.folder / HISTORY_FILE
    limit = plan.config.gate.max_noise_rate
    audit = finding_for_data(database, dataset.fingerprint, max_noise_rate=limit) if 0 < limit < 1 else None
    evidence = replace(evidence, audit=audit)
    report_progress(1, 1, f"scored {evidence.n_rows:,} rows, {evidence.n_flagged:,} suspects")
    return evidence


def judge(plan: Plan, evidence: Evidence) -> Judgement:
    """Hold the evidence against every check."""
    return judge_checks(evidence, plan.checks)


def _called(plan: Plan, plugin: Any, call: Callable[[], Any], wanted: type[Any]) -> Any:
    """Call a plugin; a crash or a wrong kind of answer names the plugin and its distribution."""
    distribution = plan.registry.origin(plugin)
    with blame(f"plugin {plugin.name!r}", distribution, "crashed"):
        answer = unless_it_exits(call)
    if not isinstance(answer, wanted):
        raise PluginError(
            f"plugin {plugin.name!r} of distribution {distribution!r} returned a {type(answer).__name__}, "
            f"wanted a {wanted.__name__}",
            hint=f"see the documentation of cl_core.{type(plugin).__name__}",
        )
    return answer


def unless_it_exits(call: Callable[[], Any]) -> Any:
    """Call a plugin; one that leaves by sys.exit(0) would end the run with the exit code of a pass."""
    try:
        return call()
    except SystemExit as error:
        raise RuntimeError(f"it called sys.exit({error.code!r})") from error
