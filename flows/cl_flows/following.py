"""Tells publishers that a run goes on, or ended without a verdict. Nobody holds it up for long."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import Any

from cl_core.errors import LabelgateError
from cl_core.hooks import ModelBackend, UnfinishedRun
from cl_flows.config import GateConfig, conceal_variables
from cl_flows.hidden import without_secrets
from cl_flows.plan import Plan, make_plan
from cl_flows.plugin_options import make_options
from cl_flows.report.wording import printable
from cl_flows.runs import RunFolder
from cl_flows.secrets import concealed
from cl_flows.shown_settings import shown_settings
from cl_flows.telling import bounded, destinations, problem_of, put_down

logger = logging.getLogger(__name__)

# The gate waits meanwhile, so no setting may make it longer.
_LIMIT_S = 5.0


@contextmanager
def followed(config: GateConfig, started: datetime) -> Iterator[Callable[[str, RunFolder], None]]:
    """Give a function that tells that the run began; tell of such a run if the block ends without a verdict.

    It gets the name of the data set and the run's folder. Nothing that goes wrong with it is raised.
    """
    begun: list[tuple[Plan, UnfinishedRun, RunFolder]] = []

    def begin(dataset: str, run: RunFolder) -> None:
        if not config.publish or config.as_of is not None:
            return
        try:
            plan = make_plan(config)
            data = shown_settings(plan)["data"]
        except LabelgateError as error:  # the next step makes a plan, too
            logger.warning("nobody was told that the run began: %s", error)
            return
        found = UnfinishedRun(
            run_id=run.run_id,
            dataset=dataset,
            started_at=started.isoformat(timespec="milliseconds"),
            told_at=_now(),
            version=version("labelgate"),
            data=data,
            base=str(config.base),
        )
        begun.append((plan, found, run))
        put_down(run.partial, _tell(plan, found))

    try:
        yield begin
    except BaseException as error:
        for plan, found, run in begun:
            if not run.final.is_dir():  # else its verdict stands
                _tell(plan, replace(found, told_at=_now(), problem=_why(plan, error)))
        raise


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _tell(plan: Plan, run: UnfinishedRun) -> list[dict[str, Any]]:
    """Tell everyone who follows runs; return the deliveries that failed."""
    failed = []
    for one in destinations(plan):
        hears = one.publisher.unfinished
        if hears is None or one.when != "always":  # who does not hear of each end hears of no beginning
            continue
        limit_s = min(_LIMIT_S, plan.config.limits.publish)
        try:
            bounded(plan, one, partial(hears, run, one.options), limit_s=limit_s, setting="the gate goes on")
        except Exception as error:  # noqa: BLE001 - whatever it is, the gate goes on
            problem = problem_of(one, error)
            logger.warning("%s; run %s has no verdict yet", problem, run.run_id)
            news = "ended without a verdict" if run.problem else "began"
            failed.append({"publisher": one.name, "delivered": False, "news": news, "problem": problem})
    return failed


def _why(plan: Plan, error: BaseException) -> str:
    """Say why there is no verdict; of an error that is not ours by its type alone: it may quote anything."""
    kind = type(error).__name__
    if not isinstance(error, LabelgateError):
        return kind
    options = [plan.loader[1], plan.estimator[1], *(one for _, one in (*plan.checks, *plan.publishers))]
    model = plan.config.model
    try:
        if model.backend is not None:
            backend = plan.registry.find(ModelBackend, model.backend)
            options.append(make_options(backend, model.options, plan.config.base, "model", plan.registry))
    except LabelgateError:  # a secret that Prefect keeps cannot be had, so nothing is shown that may hold it
        return kind
    text = conceal_variables(f"{kind}: {error}", plan.config.model_dump(mode="json"))
    for one in options:
        text = concealed(text, {}, one)
    return printable(without_secrets(text))
