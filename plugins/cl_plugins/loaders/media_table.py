"""Rows of a table as files with labels: each name starts from one folder. Reading the table is `table`'s."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cl_core.dataset import Dataset
from cl_core.errors import ConfigError, InputError
from cl_core.media import MediaFiles
from cl_plugins.loaders.media_options import MediaOptions
from cl_plugins.loaders.options import TableOptions
from cl_plugins.loaders.table import load_table

# What people call a column of file names, most telling first.
_FILE_NAMES = ("file", "path", "file_name", "filename", "filepath", "file_path", "image", "audio", "clip")
# What `table` says of ids; here file names are the ids.
_IDS = ("no id column was named", "id column: ")


def load_media_table(options: MediaOptions) -> Dataset:
    """Read labels, ids and file names; `MediaFiles` take the place of the table's columns."""
    place = str(options.path)
    table = load_table(
        TableOptions(
            path=place,
            label=options.label,
            id=options.id,
            groups=options.groups,
            true_labels=options.true_labels,
            name=options.name,
        )
    )
    frame = pd.DataFrame() if table.source is None else table.source
    column, notes = _file_column(options, [str(name) for name in frame.columns])
    root = options.folder_path or place.replace("\\", "/").rpartition("/")[0] or "."
    names = _names_below(root, _named(frame, column), f"column {column!r} of {Path(place).name!r}")
    ids, id_notes = _ids(options, table, names)
    return replace(
        table,
        ids=ids,
        features=MediaFiles(root, np.array(names)),
        notes=(*notes, *id_notes, *(note for note in table.notes if not note.startswith(_IDS))),
    )


def _file_column(options: MediaOptions, columns: list[str]) -> tuple[str, tuple[str, ...]]:
    if options.file is not None:
        return options.file, ()
    lower = {name.lower(): name for name in columns}
    guess = next((lower[name] for name in _FILE_NAMES if name in lower), None)
    if guess is None:
        raise ConfigError(
            "`file` is missing: which column holds the file names?",
            hint=f"columns: {', '.join(columns[:20])}",
        )
    return guess, (f"file names are taken from column {guess!r} (a guess; `file` names another)",)


def _named(frame: pd.DataFrame, name: str) -> "pd.Series[Any]":
    if name not in frame.columns:
        raise InputError(
            f"the table has no column {name!r}, which `file` names",
            hint=f"columns: {', '.join(map(str, frame.columns[:20]))}",
        )
    return frame[name]


def _ids(options: MediaOptions, table: Dataset, names: list[str]) -> tuple[NDArray[Any], tuple[str, ...]]:
    if options.id is not None:
        return table.ids, ()
    if len(set(names)) == len(names):
        return np.array(names), ()
    return table.ids, ("several rows name the same file, so file names are no ids: ids are row numbers",)


def _names_below(root: str, column: "pd.Series[Any]", where: str) -> list[str]:
    empty = column.isna() | (column.astype(str).str.strip() == "")
    if empty.any():
        raise InputError(
            f"{where} is empty in {int(empty.sum()):,} rows, the first is row {int(empty.argmax()):,}",
            hint="fill it, or leave these rows out",
        )
    start = root.rstrip("/") + "/"
    return [_below(str(name).replace("\\", "/"), start, where) for name in column]


def _below(name: str, start: str, where: str) -> str:
    """Path of a file from the folder `start` on; one that leads out of it is refused, links included."""
    relative = name.removeprefix(start).removeprefix("./")
    leads_out = relative.startswith("/") or "://" in relative or ".." in relative.split("/")
    if not leads_out and "://" not in start:
        path = Path(start) / relative
        leads_out = path.is_symlink() and not path.resolve().is_relative_to(Path(start).resolve())
    if leads_out:
        raise InputError(
            f"{where} names {name!r}, which lies outside of {start!r}",
            hint="set folder_path to the folder that holds all of the files",
        )
    return relative
