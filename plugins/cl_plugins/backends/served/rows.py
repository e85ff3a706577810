"""Rows of a data set as JSON can say them: records, lists, strings. Knows no server."""

import base64
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, TypeAlias

import fsspec
import numpy as np
import pandas as pd

from cl_core.dataset import Dataset
from cl_core.errors import InputError
from cl_core.media import Clips, MediaFiles

Layout: TypeAlias = Literal["records", "columns", "lists"]


def json_rows(dataset: Dataset, start: int, stop: int, layout: Layout) -> Any:
    """Return rows `start` to `stop` of a data set as JSON values.

    A table becomes one object a row, one list a column or one list a row, with null for empty cells and
    ISO 8601 for times; texts become strings; arrays, pictures and clips nested lists of numbers; files of
    pictures and sounds their bytes in base 64.

    Raises
    ------
    InputError
        For NaN and infinity in arrays and infinity in tables: JSON has no word for them.
    """
    features = dataset.features
    if features is None:
        raise InputError(
            f"data set {dataset.name!r} has no features to send",
            hint="name feature columns, or a file with them",
        )
    if isinstance(features, pd.DataFrame):
        return _table(features.iloc[start:stop], layout)
    if isinstance(features, MediaFiles):
        return [_in_base64(features.location(row)) for row in range(start, stop)]
    if isinstance(features, Clips):
        return [_numbers(np.asarray(features[row]), "the clips") for row in range(start, stop)]
    if dataset.modality == "text":
        return [str(text) for text in features[start:stop]]
    return _numbers(np.asarray(features[start:stop]), "the features")


def cells(column: "pd.Series[Any]") -> list[Any]:
    """Return a column's cells as JSON values."""
    empty = column.isna().to_numpy()
    return [
        None if nothing else _cell(value, str(column.name))
        for value, nothing in zip(column.tolist(), empty, strict=True)
    ]


def _table(frame: pd.DataFrame, layout: Layout) -> Any:
    columns = {str(name): cells(frame[name]) for name in frame.columns}
    if layout == "columns":
        return columns
    rows = zip(*columns.values(), strict=True)
    if layout == "lists":
        return [list(row) for row in rows]
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _cell(value: Any, column: str) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_cell(entry, column) for entry in value]
    if isinstance(value, dict):
        return {str(key): _cell(entry, column) for key, entry in value.items()}
    if isinstance(value, float) and not np.isfinite(value):
        raise InputError(
            f"column {column!r} holds {value}, which JSON cannot say", hint="leave the cell empty instead"
        )
    if isinstance(value, str | int | float | bool | None):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value)


def _numbers(values: Any, what: str) -> Any:
    if values.dtype.kind not in "biuf":
        raise InputError(
            f"{what} have type {values.dtype}, wanted numbers", hint="turn them into numbers first"
        )
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise InputError(
            f"{what} hold {int((~np.isfinite(values)).sum()):,} NaN or infinite cells, which JSON cannot say",
            hint="fill them as the model was taught to",
        )
    return values.tolist()


def _in_base64(location: str) -> str:
    try:
        with fsspec.open(location, "rb") as file:
            return base64.b64encode(file.read()).decode()
    except OSError as error:
        raise InputError(
            f"{location!r} could not be read: {error.strerror or error}",
            hint="check the path and who may read it",
        ) from error
