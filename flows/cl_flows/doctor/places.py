"""Whether the folders can be written, have room, and hold a readable history. Nothing stays in them."""

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from cl_core.errors import LabelgateError
from cl_flows.database.connect import reading
from cl_flows.database.place import history_in, is_there
from cl_flows.doctor.finding import Finding
from cl_flows.history import read_history
from cl_flows.report.wording import count
from cl_flows.waiting import waiting_runs

_MEGABYTE = 2**20
# A run of a million rows leaves some ten megabytes; less room than this ends a night of gates.
_LITTLE_MB = 1000
_NONE_MB = 50


def look_at_results(folder: Path) -> list[Finding]:
    """Say whether runs can be written, and for how long."""
    fault = _fault_of(folder)
    if fault:
        return [
            Finding(
                "results", "problem", f"{folder} cannot be written: {fault}", "name another with --output"
            )
        ]
    free = shutil.disk_usage(_nearest(folder)).free // _MEGABYTE
    says = f"{folder} can be written, {free:,} MB free"
    if free < _LITTLE_MB:
        return [Finding("results", "problem" if free < _NONE_MB else "warning", says, "make room")]
    return [Finding("results", "ok", says)]


def look_at_history(folder: Path) -> list[Finding]:
    """Say whether the history database can be read to its last page."""
    database = history_in(folder)
    if not is_there(database):
        return [Finding("history", "ok", f"none in {folder} yet")]
    try:
        newest = read_history(database, limit=1)
        state = "ok" if isinstance(database, str) else _checked(database)
    except LabelgateError as error:
        return [Finding("history", "problem", str(error), error.hint)]
    if state != "ok":
        says = f"history database {database} is damaged: {state}"
        return [Finding("history", "problem", says, "move it aside; the runs' own folders are whole")]
    shown = "the database of $LABELGATE_DB" if isinstance(database, str) else database
    last = f"the newest run is {newest[0].run_id}" if newest else "no run in it"
    return [Finding("history", "ok", f"{shown} can be read, {last}")]


def look_at_waiting(folder: Path) -> list[Finding]:
    """Say which runs wait for people, and which did so in vain; nothing where none does."""
    claims = sorted(waiting_runs(folder), key=lambda claim: claim.answers_until)
    overdue = [claim for claim in claims if claim.is_overdue]
    if not claims:
        return []
    first = _moment(claims[0].answers_until)  # of the overdue ones too, where there are any
    if overdue:
        says = f"{count(len(overdue), 'run')} waited for people in vain, the first until {first}"
        return [Finding("people", "warning", says, "`labelgate audit overdue` gives Prefect their verdict")]
    says = f"{count(len(claims), 'run')} to be decided by people, the first until {first}"
    return [Finding("people", "ok", says)]


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}Z"


def _checked(database: Path) -> str:
    """Return SQLite's own word on the pages of a file."""
    with reading(database) as connection:
        return str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())


def look_at_home() -> list[Finding]:
    """Say whether private Prefect servers can keep their databases."""
    from cl_flows.server import PrivateServer
    from cl_flows.serving import default_home

    found = []
    for command, folder in (
        ("labelgate run --engine prefect", PrivateServer().home),
        ("labelgate schedule", default_home()),
    ):
        fault = _fault_of(folder)
        if fault:
            says = f"{folder}, the home of the server of `{command}`, cannot be written: {fault}"
            remedy = "set XDG_CACHE_HOME and XDG_DATA_HOME to folders that can be written"
            found.append(Finding("private server", "warning", says, remedy))
        else:
            found.append(Finding("private server", "ok", f"{folder} can be written ({command})"))
    return found


def _fault_of(folder: Path) -> str:
    """Say why nothing can be written in the folder, or below the nearest one there is; empty if it can."""
    try:
        with tempfile.TemporaryFile(dir=_nearest(folder)):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def _nearest(folder: Path) -> Path:
    absolute = folder.absolute()
    return next(place for place in (absolute, *absolute.parents) if place.exists())
