"""What is on record after a soak, as plain values: Prefect's runs, history, folders, alerts, faults."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

VERDICT_STATES = {"Completed": "passed", "NoiseGateFailed": "failed", "NoiseGateUndecided": "undecided"}


@dataclass(frozen=True)
class FlowRun:
    """A flow run as Prefect's server has it; `tasks` are the final states of its task runs."""

    name: str
    dataset: str
    state: str
    is_final: bool
    message: str
    due: datetime
    start: datetime | None
    end: datetime | None
    tasks: tuple[str, ...] = ()
    seconds: float = 0.0
    task_seconds: float = 0.0


@dataclass(frozen=True)
class Row:
    """A row of history."""

    run_id: str
    dataset: str
    status: str
    n_rows: int
    started: datetime
    finished: datetime


@dataclass(frozen=True)
class Folder:
    """A folder of results, by its report."""

    run_id: str
    dataset: str
    status: str


@dataclass(frozen=True)
class Post:
    """An alert that the receiver took."""

    dataset: str
    run_id: str
    status: str
    news: str
    missed: tuple[str, ...] = ()
    delivery: str = ""

    @property
    def may_repeat(self) -> bool:
        """Whether it says itself that its news may have arrived before."""
        return any("may have arrived" in line for line in self.missed)


@dataclass(frozen=True)
class Fault:
    """Something that was broken on purpose, and for how long its effects may last."""

    what: str
    begun: datetime
    ended: datetime


@dataclass(frozen=True)
class Records:
    """Everything the checks look at."""

    runs: Sequence[FlowRun]
    rows: Sequence[Row]
    folders: Sequence[Folder]
    posts: Sequence[Post]
    faults: Sequence[Fault]
    pruned: frozenset[str] = frozenset()
    owed: Sequence[str] = ()
    leftovers: Sequence[str] = field(default_factory=tuple)
    automated: Sequence[tuple[str, str]] = ()
    worker_log: str = ""
