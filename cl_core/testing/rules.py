"""The contract of the small plugins: noise estimators, checks and publishers."""

import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from cl_core.answers import estimate_fault
from cl_core.dataset import Predictions, View
from cl_core.evidence import assess
from cl_core.hooks import Check, FinishedRun, NoiseEstimator, Publisher, UnfinishedRun
from cl_core.legacy import modern_estimator
from cl_core.noise import NoiseEstimate, estimate_noise_rate
from cl_core.testing.record import check_record, check_refusal, demand, leaves_alone, make_options
from cl_core.testing.samples import sample_context, sample_probabilities
from cl_core.testing.worker import in_worker
from cl_core.types import Labels, Probs
from cl_core.verdict import Judgement, Passed, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

# Sums in another order of rows differ in the last bits; a rate has no use for more digits than these.
_ROUNDING = 1e-9


def check_estimator_plugin(
    estimator: NoiseEstimator, options: "BaseModel | dict[str, Any] | None" = None, *, worker: bool = False
) -> NoiseEstimate:
    """Hold a noise estimator against the contract: same rate twice and in any row order, NaN refused.

    Parameters
    ----------
    estimator
        The record that the plugin yields.
    options
        Its options, as a mapping or validated; its defaults when left out.
    worker
        Whether to estimate in a fresh process as well.

    Returns
    -------
    NoiseEstimate
        Of `sample_probabilities`, of which a tenth of the labels is wrong.
    """
    check_record(estimator)
    chosen = make_options(estimator, options)
    modern, _ = modern_estimator(estimator)
    labels, probs = sample_probabilities()

    def estimate(labels: Labels, probs: Probs) -> NoiseEstimate:
        return modern.estimate(labels, _seen_by_two(probs), chosen)

    with leaves_alone(estimator):
        found = estimate(labels, probs)
    name = estimator.name
    fault = estimate_fault(found, len(labels), probs.shape[1])
    demand(not fault, f"{name}: estimate {fault}")
    demand(found.method.strip(), f"{name}: the estimate does not name its method")
    again = estimate(labels, probs)
    demand(found.rate == again.rate, f"{name}: the same data gave {found.rate} and {again.rate}")
    order = np.random.default_rng(1).permutation(len(labels))
    turned = estimate(labels[order], probs[order])
    demand(
        abs(found.rate - turned.rate) <= _ROUNDING,
        f"{name}: the rate depends on the order of rows: {found.rate} and {turned.rate}",
    )
    broken = probs.copy()
    broken[0, 0] = np.nan
    check_refusal(estimator, "NaN probabilities", lambda: estimate(labels, broken), must_refuse=True)
    if worker:
        there = in_worker(name, modern.estimate, labels, _seen_by_two(probs), chosen)
        demand(there.rate == found.rate, f"{name}: another process gave {there.rate}, not {found.rate}")
    return found


def _seen_by_two(probs: Probs) -> Predictions:
    """Let a second model say nearly the same."""
    views = (View("first", probs), View("second", np.roll(probs, 1, axis=1) * 0.2 + probs * 0.8))
    return Predictions(probs, None, "sample", views=views)


def check_check(
    check: Check, options: "BaseModel | dict[str, Any] | None" = None, *, worker: bool = False
) -> list[Verdict]:
    """Hold a check against the contract: one outcome each time, under its own code, with its remedy.

    Parameters
    ----------
    check
        The record that the plugin yields.
    options
        Its options, as a mapping or validated; its defaults when left out.
    worker
        Whether to judge in a fresh process as well.

    Returns
    -------
    list of Passed, Failed or Undecided
        The outcomes on labels with no, 10 % and 60 % errors.
    """
    check_record(check)
    chosen = make_options(check, options)
    outcomes: list[Verdict] = []
    for noise in (0.0, 0.1, 0.6):
        labels, probs = sample_probabilities(noise=noise)
        evidence = replace(assess(labels, probs), context=sample_context(labels, probs))
        before = evidence.scored.copy()
        with leaves_alone(check):
            outcome = check.check(evidence, chosen)
        demand(
            isinstance(outcome, get_args(Verdict)),
            f"{check.code}: returned {type(outcome).__name__}, wanted Passed, Failed or Undecided",
        )
        demand(outcome.code == check.code, f"{check.code}: the outcome carries the code {outcome.code!r}")
        demand(outcome.says.strip(), f"{check.code}: the outcome says nothing")
        told = isinstance(outcome, Passed) or outcome.remedy.strip()
        demand(told, f"{check.code}: {outcome.status}, but no remedy says what to do next")
        demand(before.equals(evidence.scored), f"{check.code}: changes the evidence")
        demand(check.check(evidence, chosen) == outcome, f"{check.code}: two outcomes for the same evidence")
        outcomes.append(outcome)
    if worker:
        there = in_worker(check.code, check.check, evidence, chosen)
        demand(there == outcomes[-1], f"{check.code}: another process came to another outcome")
    return outcomes


def check_publisher(publisher: Publisher, options: "BaseModel | dict[str, Any] | None" = None) -> None:
    """Hold a publisher against the contract: it tells of a run, finished or not, and returns nothing.

    Parameters
    ----------
    publisher
        The record that the plugin yields.
    options
        Options that let it publish to a place made for the test.
    """
    check_record(publisher)
    chosen = make_options(publisher, options)
    labels, probs = sample_probabilities()
    passed = Passed("LN001", "noise-budget", "1.0% of labels are wrong, limit 5.0%", 0.01, 0.05)
    with tempfile.TemporaryDirectory() as folder:
        run = FinishedRun(
            run_id="20260101-000000-sample",
            dataset="sample",
            judgement=Judgement(passed, (passed,)),
            noise=estimate_noise_rate(labels, probs),
            folder=Path(folder),
            markdown="# sample passed\n",
        )
        calls: list[tuple[str, Callable[[], Any]]] = []
        if publisher.unfinished is not None:
            goes_on = UnfinishedRun(
                run.run_id,
                run.dataset,
                started_at="2026-01-01T00:00:00.000+00:00",
                told_at="2026-01-01T00:00:09.000+00:00",
                version="0.1.0",
                data={"path": "sample.csv", "label": "label"},
                base=folder,
            )
            died = replace(goes_on, problem="PluginError: the model crashed")
            calls += [("unfinished", partial(publisher.unfinished, one, chosen)) for one in (goes_on, died)]
        calls.append(("publish", partial(publisher.publish, run, chosen)))
        for name, call in calls:
            with leaves_alone(publisher):
                result = call()
            demand(result is None, f"{publisher.name}: {name} returned {type(result).__name__}, wanted None")
