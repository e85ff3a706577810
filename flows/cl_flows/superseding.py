"""The final verdict of a run takes the place of its undecided one; what was said before stays on record."""

import json
import shutil
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, update

from cl_flows.database.tables import FIGURES, ORIGINS, RUNS, TELLINGS
from cl_flows.runs import RunFolder

BEFORE = "before"
_REPORTS = ("report.html", "report.md", "report.json", "great_expectations.json", "deliveries.json")


def withdraw(connection: Connection, run_id: str) -> None:
    """Take a run's undecided verdict out of history, within the transaction that records its final one.

    Who was told of it stays on record, under another name: they are told of the final one as of a change.
    """
    for table in (RUNS, FIGURES, ORIGINS):
        connection.execute(table.delete().where(table.c.run_id == run_id))
    told = update(TELLINGS).where(TELLINGS.c.run_id == run_id)
    connection.execute(told.values(run_id=f"{run_id} (undecided)"))


def keep_earlier(run: RunFolder) -> None:
    """Copy the undecided verdict's reports, and what people put beside them, into the final one's folder."""
    shutil.rmtree(run.partial / BEFORE, ignore_errors=True)
    (run.partial / BEFORE).mkdir()
    for file in run.final.iterdir() if run.final.is_dir() else ():
        if file.name in _REPORTS:
            shutil.copy2(file, run.partial / BEFORE / file.name)
        elif file.is_file() and not (run.partial / file.name).exists():
            shutil.copy2(file, run.partial / file.name)


def earlier_verdict(final: Path, started: datetime) -> list[str]:
    """Say what the run's verdict was before people answered; nothing where its folder was removed."""
    try:
        report = json.loads((final / "report.json").read_text(encoding="utf-8"))
        said = f"{report['verdict']['status']}: {report['verdict']['says']}"
    except (OSError, ValueError, KeyError):
        said = "undecided"
    return [f"before people answered, on {started:%Y-%m-%d %H:%M}Z, this run was {said}"]
