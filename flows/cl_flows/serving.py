"""Gates on a clock, on one machine: a private Prefect server when there is none, and a runner. No worker."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import platformdirs

from cl_core.errors import ConfigError, GateError, LabelgateError
from cl_flows.config import load_config
from cl_flows.locks import ProcessLock
from cl_flows.plan import make_plan
from cl_flows.server import PrivateServer

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State
    from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule
    from prefect.deployments.runner import RunnerDeployment
    from prefect.runner import Runner

_LOCK_FILE = "schedule.lock"
_LOOK_S = 60.0


@dataclass(frozen=True, slots=True)
class Clock:
    """When the gates run: by `cron` in `timezone`, or `every` so many seconds."""

    cron: str | None = None
    every: float | None = None
    timezone: str = "UTC"


def default_home() -> Path:
    """Return the folder of the private server: data of the user, since it keeps what has run."""
    return Path(platformdirs.user_data_dir("labelgate")) / "schedule"


def run_on_clock(
    files: Sequence[Path], clock: Clock, *, home: Path, at_once: int, say: Callable[[str], None]
) -> None:
    """Run the gates of `files` when they are due, until SIGTERM or SIGINT.

    Raises
    ------
    ConfigError
        For a gate.yaml that cannot run, a clock that makes no sense, and a second process on one `home`.
    GateError
        For an API that does not answer.
    """
    names = _names(files)
    for file in names.values():
        make_plan(load_config(file))
    with _api(home, say) as is_private:
        from cl_flows.prefect_engine import refuse_deaf_api

        refuse_deaf_api()
        schedule = _schedule(clock)
        asyncio.run(_until_told(names, schedule, at_once, is_private=is_private, say=say))
        say("stopped: the schedules are paused")


def _names(files: Sequence[Path]) -> dict[str, Path]:
    """Name each file's deployment by its stem, and by its folder as well where stems are the same."""
    paths = [file.resolve() for file in files]
    stems = Counter(path.stem for path in paths)
    named = {p.stem if stems[p.stem] == 1 else f"{p.parent.name}-{p.stem}": p for p in paths}
    if len(named) != len(paths):
        raise ConfigError(
            "two of the files would have one name on the server",
            hint="give every gate.yaml once, and another file name where folders are called the same",
        )
    return named


@contextmanager
def _api(home: Path, say: Callable[[str], None]) -> Iterator[bool]:
    """Point Prefect at the user's API, or at a private server for the time of the block."""
    os.environ.setdefault("DO_NOT_TRACK", "1")
    if os.environ.get("PREFECT_API_URL"):
        yield False
        return
    server = PrivateServer(home, clock=True)
    server.make_home()
    lock = ProcessLock(home / _LOCK_FILE)
    if not lock.acquire(wait_s=0):
        raise ConfigError(
            f"another `labelgate schedule` runs on {home}, or the folder may not be written",
            hint="give all gate.yaml files to one command, or name another --home",
        )
    try:
        server.start()
        say(f"a private Prefect server starts, which keeps its records in {home}")
        server.wait()
        os.environ.update(server.environment)
        os.environ["PREFECT_API_URL"] = server.api_url
        yield True
    finally:
        server.stop()
        lock.release()


async def _deployment(
    name: str, file: Path, schedule: "CronSchedule | IntervalSchedule"
) -> "RunnerDeployment":
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.types.entrypoint import EntrypointType

    from cl_flows.gate import label_gate

    # By module: a file entrypoint would load every class a second time under another name.
    return await label_gate.ato_deployment(
        name,
        parameters={"config": str(file)},
        schedules=[schedule],
        description=f"Gate the labels of {file}, by labelgate schedule.",
        # A run that is still going when the next one is due goes on; the next one is cancelled.
        concurrency_limit=ConcurrencyLimitConfig(
            limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW
        ),
        entrypoint_type=EntrypointType.MODULE_PATH,
    )


def _schedule(clock: Clock) -> "CronSchedule | IntervalSchedule":
    from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule

    try:
        if clock.cron is not None:
            return CronSchedule(cron=clock.cron, timezone=clock.timezone)
        return IntervalSchedule(interval=timedelta(seconds=clock.every or 0), timezone=clock.timezone)
    except ValueError as error:
        when = f"--cron {clock.cron!r}" if clock.cron is not None else f"--every {clock.every}"
        raise ConfigError(
            f"no clock: {when} with --timezone {clock.timezone!r}",
            hint='--cron "0 2 * * *" is every night at two, --timezone Europe/Berlin the zone it is meant in',
        ) from error


async def _until_told(
    files: Mapping[str, Path],
    schedule: "CronSchedule | IntervalSchedule",
    at_once: int,
    *,
    is_private: bool,
    say: Callable[[str], None],
) -> None:
    """Serve a deployment a file until a signal; runs that go on then are cancelled and waited for."""
    from prefect.runner import Runner

    runner = Runner(name="labelgate-schedule", limit=at_once)
    for name, file in files.items():
        identity = await runner.aadd_deployment(await _deployment(name, file, schedule))
        await _settle(identity, is_private=is_private)
        say(f"label-gate/{name} runs by its clock")
    serving = asyncio.create_task(runner.start())
    naming = asyncio.create_task(_name_overdue(list(files.values())))
    await asyncio.sleep(0)  # the runner sets a handler of its own, which leaves without waiting for its runs
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    waiting = asyncio.create_task(told.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if told.is_set() and not serving.done():
        await _stop(runner, serving)
    waiting.cancel()
    naming.cancel()
    if serving.done() and not serving.cancelled() and (fault := serving.exception()):
        raise GateError(
            f"the schedule ended: {type(fault).__name__}: {fault}", hint="see above; start it again"
        ) from fault


async def _name_overdue(files: Sequence[Path]) -> None:
    """Look each minute whether people were waited for in vain, until cancelled."""
    while True:
        await asyncio.to_thread(_name_overdue_of, files)
        await asyncio.sleep(_LOOK_S)


def _name_overdue_of(files: Sequence[Path]) -> None:
    from cl_flows.suspension import name_overdue_aside

    for file in files:
        with suppress(LabelgateError, OSError):  # somebody is writing it; its next run says what is wrong
            name_overdue_aside(load_config(file).output.folder)


async def _settle(deployment: UUID, *, is_private: bool) -> None:
    """Drop the runs that came due while nobody was there; a crash is what those were that somebody killed."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
    from prefect.states import Crashed
    from prefect.types._datetime import now

    async with get_client() as client:
        ours = DeploymentFilter(id=DeploymentFilterId(any_=[deployment]))
        for run in await client.read_flow_runs(deployment_filter=ours):
            if run.state is None or run.state.is_final() or run.state.is_paused():
                continue  # a paused one waits for people
            if run.state.is_scheduled():
                if (
                    run.run_count == 0
                    and run.auto_scheduled
                    and run.expected_start_time
                    and run.expected_start_time < now("UTC")
                ):
                    await client.delete_flow_run(run.id)
            elif is_private:  # nobody but the last `labelgate schedule` on this home can have begun it
                end: State[None] = Crashed(message="labelgate schedule was killed while this gate ran")
                await client.set_flow_run_state(run.id, end, force=True)


async def _stop(runner: "Runner", serving: "asyncio.Task[None]") -> None:
    if runner.started:
        await runner.astop()
    else:
        serving.cancel()
    await asyncio.wait({serving})
