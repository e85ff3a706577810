"""A test message to those whom a gate alerts, with made-up figures. Nothing of it goes on record."""

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from cl_core.errors import ConfigError, LabelgateError
from cl_core.hooks import FinishedRun
from cl_core.noise.record import NoiseEstimate
from cl_core.telling import ConfusedPair, SuspectRow, Telling
from cl_core.verdict import Failed, Judgement
from cl_flows.config import load_config
from cl_flows.plan import make_plan
from cl_flows.secrets import concealed
from cl_flows.telling import Destination, call, destinations


def send_tests(config: Path, wanted: str | None) -> Iterator[str]:
    """Send a test to `wanted`, else to everyone who hears of changes; yield each name once it is sent.

    Raises
    ------
    ConfigError
        Where nobody is called so, or nobody is alerted at all.
    LabelgateError
        For the first delivery that fails.
    """
    plan = make_plan(load_config(config))
    known = destinations(plan)
    chosen = [one for one in known if _is_meant(one, wanted)]
    if not chosen:
        names = ", ".join(one.name for one in known) or "nobody"
        raise ConfigError(
            f"{config} alerts {'nobody' if wanted is None else f'nobody called {wanted!r}'}",
            hint=f"add one under `publish`, see docs/alerts.md; it tells: {names}",
        )
    for one in chosen:
        try:
            call(plan, one, _example())
        except LabelgateError as error:
            said = concealed(str(error), one.section.options, one.options)
            raise type(error)(f"{one.name}: {said}", hint=error.hint) from None
        yield one.name


def _is_meant(one: Destination, wanted: str | None) -> bool:
    return one.remembers if wanted is None else wanted in (one.name, one.publisher.name)


def _example() -> FinishedRun:
    says = "This is a test: no gate ran, and these figures are made up. 8.1% of labels are wrong, limit 5.0%"
    failed = Failed("LN001", "noise-budget", says, 0.081, 0.05, "nothing: the alert arrived")
    now = datetime.now(UTC)
    return FinishedRun(
        run_id=f"{now:%Y%m%d-%H%M%S}-test",
        dataset="example",
        judgement=Judgement(failed, (failed,)),
        noise=NoiseEstimate(0.081, 0.062, 0.104, 0.95, "test", 1_000),
        folder=Path(),
        markdown=f"## Test message of labelgate\n\n{says}\n",
        limit=0.05,
        n_rows=1_000,
        n_flagged=79,
        pairs=(ConfusedPair("ash", "birch", 31),),
        suspects=(SuspectRow("t17", "ash", "birch"),),
        next_steps=("nothing: the alert arrived",),
        finished_at=now.isoformat(timespec="milliseconds"),
        version=version("labelgate"),
        telling=Telling("test"),
    )
