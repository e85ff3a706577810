"""Columns with one entry a row that are no features: ids, groups and times. Knows no file and no label."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cl_core.errors import InputError

# The largest whole numbers of this many digits fit into 64 bits.
_MOST_DIGITS = 18


def read_ids(column: "pd.Series[Any]", what: str) -> NDArray[Any]:
    """Return ids as whole numbers where all of them are plain ones, else as text, shape (n,).

    `what` is what errors call the column: it must be filled and unique.
    """
    fault = _no_ids(column)
    if fault:
        raise InputError(
            f"{what} {fault}",
            hint="name a column that is filled and unique, or leave `id` out to number the rows",
        )
    return names_or_numbers(column)


def identifies_rows(column: "pd.Series[Any]") -> bool:
    """Whether every cell of the column is filled and different."""
    return not _no_ids(column)


def _no_ids(column: "pd.Series[Any]") -> str:
    if column.isna().any():
        return f"is empty in {int(column.isna().sum()):,} rows"
    try:
        twice = column[column.duplicated()]
    except TypeError:
        return "holds lists or records"
    return f"repeats {len(twice):,} ids, the first {str(twice.iloc[0])!r}" if len(twice) else ""


def read_groups(column: "pd.Series[Any]", what: str) -> NDArray[Any]:
    """Return the group of each row, shape (n,); a row without one is refused."""
    refuse_empty(column, what, "give a row that stands alone a group of its own")
    return names_or_numbers(column)


def names_or_numbers(column: "pd.Series[Any]") -> NDArray[Any]:
    """Return plain whole numbers as integers, everything else as text: 007 is a name."""
    if pd.api.types.is_integer_dtype(column):
        return column.to_numpy(dtype=np.int64)
    texts = column.astype(str)
    if texts.str.fullmatch(rf"-?(0|[1-9]\d{{0,{_MOST_DIGITS - 1}}})").all():
        return texts.to_numpy(dtype=object).astype(np.int64)
    return texts.to_numpy(dtype=object).astype(np.str_)


def read_times(column: "pd.Series[Any]", what: str) -> NDArray[Any]:
    """Return times as numbers or, for dates, as datetime64 in UTC, shape (n,).

    Dates without a zone are taken as UTC.

    Raises
    ------
    InputError
        For an empty cell, or one that is neither; the first such row is named.
    """
    refuse_empty(column, what, "fill it, or leave `times` out")
    types = pd.api.types
    if types.is_bool_dtype(column):
        raise InputError(f"{what} holds truth values, wanted dates or numbers", hint="name another column")
    if types.is_datetime64_any_dtype(column):
        return _utc(column)
    numbers = pd.to_numeric(column, errors="coerce")
    if numbers.notna().all():
        values = numbers.to_numpy(dtype=np.float64)
        _refuse_at(~np.isfinite(values), column, what)
        return values
    dates = pd.to_datetime(column.astype(str), format="ISO8601", errors="coerce", utc=True)
    _refuse_at(dates.isna().to_numpy(), column, what)
    return _utc(dates)


def _utc(dates: "pd.Series[Any]") -> NDArray[Any]:
    aware = dates if dates.dt.tz is None else dates.dt.tz_convert("UTC").dt.tz_localize(None)
    return aware.to_numpy().astype("datetime64[us]")


def refuse_empty(column: "pd.Series[Any]", what: str, hint: str) -> None:
    """Refuse a column with an empty cell, and name the row of the first."""
    empty = column.isna().to_numpy()
    if empty.any():
        raise InputError(
            f"{what} is empty in {int(empty.sum()):,} labelled rows, the first is row "
            f"{column.index[int(empty.argmax())]:,} (counted from 0)",
            hint=hint,
        )


def _refuse_at(bad: NDArray[Any], column: "pd.Series[Any]", what: str) -> None:
    if bad.any():
        first = int(bad.argmax())
        raise InputError(
            f"{what} holds {str(column.iloc[first])!r} in row {column.index[first]:,} (counted from 0), "
            "wanted a date or a number in every row",
            hint="write dates as 2026-11-24 or 2026-11-24T07:30:00Z",
        )
