"""Settled decisions as a patch that `corrections` in gate.yaml and `labelgate regate` take; and the log."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cl_flows.corrections.patch import COLUMNS
from cl_flows.review.new_file import new_file
from cl_flows.review.standing import Outcome, RowStanding


def write_patch(path: Path, rows: Iterable[RowStanding], *, force: bool = False) -> int:
    """Write one line a settled row, in the order of the data, and return how many.

    Columns are ``id,old,new,action,who,when,why``: the action is ``relabel``, ``exclude`` (ambiguous, or in
    no class: `why` begins with which) or ``keep``; `new` is empty for ``exclude``.

    Raises
    ------
    ConfigError
        For a file that is there already, without `force`, or that cannot be written.
    """
    lines = [_line(row) for row in rows]
    with new_file(path, force=force) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(lines)
    return len(lines)


def write_log(path: Path, log: Iterable[dict[str, Any]], *, force: bool = False) -> int:
    """Write every word on record as JSON Lines, what was taken back included, and return how many."""
    lines = [json.dumps(one, ensure_ascii=False) for one in log]
    with new_file(path, force=force) as part:
        part.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return len(lines)


def _line(row: RowStanding) -> tuple[str, ...]:
    why = row.note
    if row.outcome is Outcome.EXCLUDE:
        why = f"{row.action}: {row.note}" if row.note else row.action
    return (
        *(row.row_id, row.given_label, "" if row.outcome is Outcome.EXCLUDE else row.label),
        *(row.outcome.value, ", ".join(row.who), row.decided_at, why),
    )
