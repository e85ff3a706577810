"""Reads afterwards what is on record, from where people would read it. Judges nothing."""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from cl_flows.cache import Cache
from cl_flows.claims import all_claims, change_claim
from cl_flows.database.connect import reading
from cl_flows.database.place import Database
from cl_flows.database.tables import PRUNINGS, TELLINGS
from cl_flows.history import read_history
from cl_flows.runs import new_run_id, open_run
from soak.faults import Faults
from soak.prefect_side import read_runs
from soak.processes import MARK, marked
from soak.receiver import Receiver
from soak.records import Folder, Records, Row
from soak.stage import Stage

_ALL = 1_000_000
# Where a destination's turn to be told is taken; one file a data set and destination, used again and again.
_TELLING = ".telling"
# What Prefect's workers leave in the folder for temporary files when they are killed: not ours to remove.
_PREFECT = re.compile(r"^prefect-workspace-attempt-|^tmp\w+prefect$|^runner_storage$")


def gathered(stage: Stage, history: Database, receiver: Receiver, faults: Faults) -> Records:
    """Read everything; the servers still run, the worker does not."""
    with reading(history) as connection:
        pruned = frozenset(connection.execute(select(PRUNINGS.c.run_id)).scalars())
        owed = (
            connection.execute(select(TELLINGS.c.run_id).where(TELLINGS.c.outcome == "owed")).scalars().all()
        )
    return Records(
        runs=read_runs(),
        rows=history_rows(history),
        folders=[folder for output in stage.outputs for folder in _folders(output)],
        posts=list(receiver.posts),
        faults=list(faults.done),
        pruned=pruned,
        owed=owed,
        leftovers=leftover_files(stage),
        automated=list(receiver.automated),
        worker_log=faults.worker.log,
    )


def history_rows(history: Database) -> list[Row]:
    """Read history, oldest first."""
    found = read_history(history, limit=_ALL)
    return [
        Row(
            run_id=row.run_id,
            dataset=row.dataset,
            status=row.status,
            n_rows=row.n_rows,
            started=datetime.fromisoformat(row.started_at),
            finished=datetime.fromisoformat(row.finished_at),
        )
        for row in sorted(found, key=lambda row: row.finished_at)
    ]


def _folders(output: Path) -> list[Folder]:
    found = []
    for path in sorted(output.glob("[0-9]*")):
        report = json.loads((path / "report.json").read_text(encoding="utf-8"))
        found.append(Folder(path.name, report["data"]["name"], report["verdict"]["status"]))
    return found


def leftover_files(stage: Stage) -> list[str]:
    """Return what a gate hides while it works, and should have taken away by the next run of a day later."""
    found = []
    for output in stage.outputs:
        _let_a_day_pass(output)
        hidden = [path for path in output.glob(".*") if path.name != _TELLING]
        cache, kept = output / "cache", output / "rows"
        # A fit that was cut off leaves its finished folds on purpose: the next one goes on from there.
        hidden += [path for path in (*cache.glob(".*"), *cache.glob("*.lock")) if path.suffix != ".folds"]
        hidden += [path for path in kept.glob(".*") if path.name != ".lock"]
        found += [f"{path.relative_to(stage.folder)} is left over" for path in hidden]
    temporary = (path.name for path in (stage.folder / "tmp").iterdir() if not _PREFECT.search(path.name))
    return found + [f"temporary file {name} is left over" for name in temporary]


def _let_a_day_pass(output: Path) -> None:
    """Age what killed flow runs had finished, theirs for a day, and do what the next run begins with."""
    for claim in all_claims(output):
        change_claim(output, claim.run_id, until=0.0)
    with open_run(output, new_run_id()):
        Cache(output / "cache", 0, wait_s=0).sweep_locks()


def leftover_processes(mark: str) -> Sequence[str]:
    """Return the processes of this soak that still run."""
    return [f"process {pid} still runs: {command[:150]}" for pid, command in marked(MARK, mark).items()]
