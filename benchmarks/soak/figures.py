"""What a soak cost: runs a minute, seconds a run, bytes a run. Only numbers from the records."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from soak.records import VERDICT_STATES, FlowRun, Records


@dataclass(frozen=True)
class Sizes:
    """Bytes of the two databases at one moment."""

    history: int
    prefect: int


@dataclass(frozen=True)
class Costs:
    """What is measured on the way: how long gates were due or ran, and the databases around that time."""

    minutes: float
    before: Sizes
    after: Sizes


def figures(records: Records, costs: Costs) -> list[tuple[str, str]]:
    """Return each figure with its name."""
    ended = [run for run in records.runs if run.is_final and run.start is not None]
    verdicts = [run for run in ended if run.state in VERDICT_STATES]
    n_rows, n_runs = max(1, len(records.rows)), max(1, len(ended))
    return [
        ("runs that ended", f"{len(ended)} ({len(verdicts)} verdicts)"),
        (
            "cancelled, as the one before still ran",
            str(sum(run.state == "Cancelled" for run in records.runs)),
        ),
        ("runs a minute", f"{len(ended) / costs.minutes:.1f}"),
        ("alerts", str(len(records.posts))),
        ("from due to begun", f"{_median([_waited(run) for run in verdicts]):.1f} s"),
        ("from begun to verdict, in Prefect", f"{_median([run.seconds for run in verdicts]):.1f} s"),
        ("of it in the five tasks", f"{_median([run.task_seconds for run in verdicts]):.1f} s"),
        ("history, a run", f"{(costs.after.history - costs.before.history) / n_rows / 1e3:.1f} kB"),
        (
            "Prefect's database, a run",
            f"{(costs.after.prefect - costs.before.prefect) / n_runs / 1e3:.1f} kB",
        ),
    ]


def _median(numbers: Sequence[float]) -> float:
    return median(numbers) if numbers else float("nan")


def _waited(run: FlowRun) -> float:
    return (run.start - run.due).total_seconds() if run.start is not None else float("nan")
