"""Bytes and time that a run of 10 and of 1,000 classes takes in history: SQLite, and $LABELGATE_DB if set.

Run: python benchmarks/history_growth.py; an empty PostgreSQL database of its own is wanted.
"""

import os
import tempfile
import time
from pathlib import Path

from sqlalchemy import text

from cl_core import Baseline, ClassFigures
from cl_flows.baselines import write_figures
from cl_flows.database.connect import reading
from cl_flows.database.place import Database
from cl_flows.history import HistoryRow, recording

_RUNS = 200


def main() -> None:
    """Print a table: a row a database and number of classes."""
    print("| history | classes | bytes a run | ms a run |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        places: list[tuple[str, Database]] = [("SQLite", Path(folder) / "history.db")]
        if url := os.environ.get("LABELGATE_DB"):
            places.append(("PostgreSQL", url))
        for name, database in places:
            for n_classes in (10, 1_000):
                record(database, "first", n_classes)
                before, start = size(database), time.perf_counter()
                for i in range(_RUNS):
                    record(database, str(i), n_classes)
                took = (time.perf_counter() - start) / _RUNS
                grown = (size(database) - before) / _RUNS
                print(f"| {name} | {n_classes:,} | {grown:,.0f} | {1e3 * took:.1f} |", flush=True)


def record(database: Database, number: str, n_classes: int) -> None:
    """Put a run on record as a gate does."""
    run_id, moment = f"20260101-000000-{n_classes}-{number}", "2026-01-01T00:00:00.000+00:00"
    row = HistoryRow(
        run_id=run_id,
        dataset="customers",
        started_at=moment,
        finished_at=moment,
        status="passed",
        says="An estimated 1.3% of the labels are wrong, about 25 of 2,000 (90% interval 0% to 9.3%).",
        noise_rate=0.0131,
        low=0.0,
        high=0.0931,
        max_noise_rate=0.05,
        method="auto",
        n_rows=2000,
        n_flagged=58,
        model="tabular: histogram gradient boosting, 5 folds",
        fingerprint="0123456789abcdef" * 4,
        engine="direct",
        version="0.1.0",
    )
    classes = tuple(
        ClassFigures(f"class {i}", 2000 // n_classes, 1 / (i + 3), 1 / (i + 7), 1 / (i + 2))
        for i in range(n_classes)
    )
    figures = Baseline(run_id, moment, 2000, 0.0131, 0.0, 0.0931, "auto", row.model, 0.9, 0, classes)
    with recording(database, row) as connection:
        write_figures(connection, figures, accepted=True)


def size(database: Database) -> int:
    """Return the bytes the database takes."""
    if isinstance(database, Path):
        return database.stat().st_size
    with reading(database) as connection:
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


if __name__ == "__main__":
    main()
