"""Guesses a table's columns for a configuration that people will read before it counts. Loads no data set."""

from dataclasses import dataclass

import pandas as pd

from cl_core.errors import InputError
from cl_plugins.loaders.features import is_prose
from cl_plugins.loaders.open_table import OpenTable
from cl_plugins.loaders.roles import ID_NAMES, LABEL_NAMES
from cl_plugins.loaders.row_columns import identifies_rows

# A column with more different values than this is hardly a label.
_MOST_CLASSES = 1_000
# A class wants this many rows on average, or it is hardly one.
_ROWS_A_CLASS = 5


@dataclass(frozen=True, slots=True)
class Guesses:
    """Columns that look like the label, the id and, where all the others are spoken for, the text."""

    label: str
    id: str | None
    text: str | None


def guess_columns(table: OpenTable, label: str | None) -> Guesses:
    """Guess bolder than a loader does: by name, and the label by its values where no name tells."""
    frame = table.read(table.columns, [], {}).frame
    chosen = label or _label(frame, table.shown)
    by_name = {name.lower(): name for name in reversed(table.columns) if name != chosen}
    called = [by_name[name] for name in ID_NAMES if name in by_name]
    row_id = next((name for name in called if identifies_rows(frame[name])), None)
    left = [name for name in table.columns if name not in (chosen, row_id)]
    text = left[0] if len(left) == 1 and is_prose(frame[left[0]]) else None
    return Guesses(chosen, row_id, text)


def _label(frame: pd.DataFrame, shown: str) -> str:
    """Return the column by name, else the last one with few different values."""
    by_name = {name.lower(): name for name in reversed(frame.columns)}
    for name in LABEL_NAMES:
        if name in by_name:
            return by_name[name]
    for name in reversed(frame.columns):
        column = frame[name]
        if pd.api.types.is_float_dtype(column) or isinstance(column.iloc[0], list | dict):
            continue
        try:
            different = column.nunique()
        except TypeError:  # cells of lists or records
            continue
        if 1 < different <= min(_MOST_CLASSES, len(frame) // _ROWS_A_CLASS):
            return str(name)
    raise InputError(
        f"no column of {shown!r} looks like a label among {', '.join(map(str, frame.columns[:12]))}",
        hint="name it with --label",
    )
