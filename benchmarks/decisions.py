"""How long a decision takes, and how long it takes to weigh 100,000 of them: python benchmarks/decisions.py.

Wall and processor time on SQLite in a folder of its own; `--database URL` measures PostgreSQL.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time

from cl_flows.review.decisions import Action, NewDecision, RunKey, decide, latest, undo
from cl_flows.review.standing import standing

RUN = RunKey("20260101-000000-aaaaaa", "benchmark", "benchmark")


def timed(name: str, work: Callable[[int], object], times: int = 1) -> None:
    """Print the median of `times` runs in milliseconds."""
    walls, cpus = [], []
    for i in range(times):
        wall, cpu = perf_counter(), process_time()
        work(i)
        walls.append(perf_counter() - wall)
        cpus.append(process_time() - cpu)
    wall, cpu = statistics.median(walls) * 1000, statistics.median(cpus) * 1000
    print(f"{name:<28}{wall:>10.1f} ms{cpu:>10.1f} ms of processor time, median of {times}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="")
    parser.add_argument("--decisions", type=int, default=100_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = chosen.database or Path(folder) / "history.db"
        n = chosen.decisions
        many = [NewDecision(i, f"row-{i}", "ash", Action.RELABEL, "birch") for i in range(n)]
        timed("first decision", lambda _: decide(database, RUN, "kim", many[:1]))
        timed(f"{n:,} at one stroke", lambda _: decide(database, RUN, "kim", many, origin="bulk"))
        keep = [NewDecision(i, f"row-{i}", "ash", Action.KEEP) for i in range(20)]
        timed("one decision", lambda i: decide(database, RUN, "lee", [keep[i]]), 20)
        timed("undo", lambda _: undo(database, RUN, "lee"), 20)
        timed("latest", lambda _: latest(database, RUN.fingerprint), 5)
        timed("standing", lambda _: standing(database, RUN.fingerprint).counts, 5)


if __name__ == "__main__":
    main()
