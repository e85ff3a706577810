"""Calls the publishers once the verdict stands; what becomes of each is on record and changes nothing."""

import json
import logging
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from cl_core.errors import LabelgateError, PluginError
from cl_core.hooks import FinishedRun, Publisher
from cl_core.plugins import blame
from cl_core.telling import When
from cl_flows.config import PublisherSection
from cl_flows.limits import within
from cl_flows.locks import ProcessLock
from cl_flows.plan import Plan
from cl_flows.report.wording import printable
from cl_flows.secrets import concealed
from cl_flows.tellings import news_for, put_off, settle

logger = logging.getLogger(__name__)

DELIVERIES_FILE = "deliveries.json"
# Stands for the reason until there is a better one, or none is needed.
_CUT_OFF = "the process ended while it told, so this may have arrived"


@dataclass(frozen=True, slots=True)
class Destination:
    """One entry of ``publish`` in gate.yaml.

    Attributes
    ----------
    name
        What history calls it: the publisher's name, and a number where it comes more than once.
    when
        Of which runs it hears.
    remembers
        Whether it matters what it was told before.
    """

    name: str
    publisher: Publisher
    options: BaseModel
    section: PublisherSection
    when: When
    remembers: bool


def destinations(plan: Plan) -> tuple[Destination, ...]:
    """Return everyone to tell, in the order of gate.yaml."""
    seen: Counter[str] = Counter()
    found = []
    for (publisher, options), section in zip(plan.publishers, plan.config.publish, strict=True):
        seen[publisher.name] += 1
        number = seen[publisher.name]
        name = publisher.name if number == 1 else f"{publisher.name} {number}"
        when = section.when or publisher.when
        remembers = publisher.when != "always" or when != "always"
        found.append(Destination(name, publisher, options, section, when, remembers))
    return tuple(found)


def debtors(plan: Plan) -> tuple[str, ...]:
    """Return the names of those who must hear of a run even if this process ends before."""
    return tuple(one.name for one in destinations(plan) if one.remembers)


def tell(plan: Plan, finished: FinishedRun) -> None:
    """Call every publisher that is to hear of this run, and leave on record what became of it."""
    put_down(finished.folder, [_deliver(plan, one, finished) for one in destinations(plan)])


def put_down(folder: Path, deliveries: list[dict[str, Any]]) -> None:
    """Leave on record what became of deliveries, after those that are there."""
    if not deliveries:
        return
    try:
        text = json.dumps([*_put_down_in(folder), *deliveries], indent=2)
        (folder / DELIVERIES_FILE).write_text(text, encoding="utf-8")
    except OSError as error:
        logger.warning("%s could not be written: %s; the verdict stands", DELIVERIES_FILE, error.strerror)


def undelivered(folder: Path) -> list[str]:
    """Return what went wrong with the deliveries of the run in `folder`, a sentence each."""
    return [f"{one['publisher']}: {one['problem']}" for one in _put_down_in(folder) if one["problem"]]


def _put_down_in(folder: Path) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = json.loads((folder / DELIVERIES_FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # a run that was killed may have left half of it
        return []
    return found


def _deliver(plan: Plan, one: Destination, finished: FinishedRun) -> dict[str, Any]:
    problem, news = "", "" if one.remembers else "every run"
    try:
        if one.remembers:
            news = _told_once(plan, one, finished)
        else:
            call(plan, one, finished)
    except Exception as error:  # noqa: BLE001 - whatever it is, the verdict stands
        problem = problem_of(one, error)
        logger.warning("%s; the verdict stands", problem)
        if one.remembers:
            with suppress(LabelgateError):  # without it the next run still tells, and does not know why
                put_off(plan.config.history, one.name, finished.run_id, problem)
    delivered = not problem and news != "no change"
    return {"publisher": one.name, "delivered": delivered, "news": news, "problem": problem}


def problem_of(one: Destination, error: Exception) -> str:
    """Say what went wrong with a delivery, without a secret."""
    return printable(concealed(str(error), one.section.options, one.options))


def _told_once(plan: Plan, one: Destination, finished: FinishedRun) -> str:
    """Tell of a change once, though another run of the data set may end in the same moment."""
    database, limit_s = plan.config.history, plan.config.limits.publish
    digest = sha256(f"{finished.dataset}\0{one.name}".encode()).hexdigest()[:16]
    folder = plan.config.output.folder / ".telling"
    folder.mkdir(parents=True, exist_ok=True)
    lock = ProcessLock(folder / f"{digest}.lock")
    if not lock.acquire(wait_s=limit_s):
        raise PluginError(
            f"another run of {finished.dataset!r} has been telling {one.name} for {limit_s:g} seconds",
            hint="the next run tells of this one; raise limits.publish where it needs longer",
        )
    try:
        telling, runs = news_for(
            database, one.name, run_id=finished.run_id, dataset=finished.dataset, when=one.when
        )
        if telling is not None:
            put_off(database, one.name, finished.run_id, _CUT_OFF)
            call(plan, one, replace(finished, telling=telling))
        settle(database, one.name, runs, told=telling is not None)
    finally:
        lock.release()
    return telling.news if telling is not None else "no change"


def call(plan: Plan, one: Destination, finished: FinishedRun) -> None:
    """Call one publisher, for no longer than the limit; blame it by name for what goes wrong."""
    told = partial(one.publisher.publish, finished, one.options)
    bounded(plan, one, told, limit_s=plan.config.limits.publish, setting="limits.publish")


def bounded(plan: Plan, one: Destination, told: Callable[[], None], *, limit_s: float, setting: str) -> None:
    """Call a function of one publisher, for no longer than `limit_s` seconds."""
    origin = plan.registry.origin(one.publisher)
    with blame(f"publisher {one.publisher.name!r}", origin, "failed"):
        who = f"publisher {one.publisher.name!r} of distribution {origin!r}"
        within(limit_s, who, setting, told, stuck_s=plan.config.limits.publish)
