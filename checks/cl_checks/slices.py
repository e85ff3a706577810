"""Which rows belong to which slice: columns of the source cut into few groups. No rates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cl_checks.wording import refuse_unknown
from cl_core.errors import ConfigError, InputError
from cl_core.evidence import Evidence
from cl_core.types import Indices

MISSING = "(missing)"


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """The rows that share a value, or a range of values, of one column."""

    column: str
    value: str
    rows: Indices


def cut_slices(
    evidence: Evidence, columns: Sequence[str], *, bins: int, most: int, check: str
) -> list[Slice]:
    """Cut the rows by every column.

    Parameters
    ----------
    evidence
        Its context holds the rows as they stood in the source.
    columns
        Columns of the source.
    bins
        Groups of equal size that numbers (and times) of more than `bins` different values are cut into.
    most
        Largest number of different values of a column that is not cut.
    check
        The check that asks, for the errors.

    Returns
    -------
    list of Slice
        Rows without a value make a slice of their own, ``(missing)``.

    Raises
    ------
    InputError
        When the data are no table: a check that cannot run is no pass.
    ConfigError
        For an unknown column, and for one with so many values that it identifies rows.
    """
    source = evidence.context.source
    if source is None:
        raise InputError(
            f"check {check} cannot run: the data have no columns {', '.join(columns)} to cut them by",
            hint=f"slices need a table (CSV, Parquet, SQL, ...); take {check} out of `checks` otherwise",
        )
    refuse_unknown(f"{check}.columns", columns, [str(name) for name in source.columns], "column")
    named = source.set_axis([str(name) for name in source.columns], axis=1)
    return [part for column in columns for part in _cut(named[column], column, bins, most, check)]


def _cut(values: pd.Series, column: str, bins: int, most: int, check: str) -> list[Slice]:
    try:
        codes, different = pd.factorize(values)  # a missing value gets the code -1
    except TypeError as error:
        raise ConfigError(
            f"check {check} cannot cut by {column!r}: its cells hold lists or the like",
            hint="name a column of plain values",
        ) from error
    if _is_ordered(values) and len(different) > bins:
        titles = _quantiles(values, bins)
    elif len(different) > most:
        raise ConfigError(
            f"check {check} cannot cut by {column!r}: it has {len(different):,} different values",
            hint=f"name a column of at most {most} values, or raise {check}.max_values",
        )
    else:
        titles = np.array([*map(_name, different), MISSING], dtype=object)[codes]
    return [Slice(column, name, np.flatnonzero(titles == name)) for name in sorted(set(titles))]


def _is_ordered(values: pd.Series) -> bool:
    kind = values.dtype
    number = pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
    time = pd.api.types.is_datetime64_any_dtype(kind) or pd.api.types.is_timedelta64_dtype(kind)
    return number or time


def _quantiles(values: pd.Series, bins: int) -> NDArray[np.object_]:
    """Name, for every row, the group of about equal size it falls into; equal values stay together."""
    codes, ordered = pd.factorize(values, sort=True)
    known = np.sort(codes[codes >= 0])
    edges = np.unique(known[[-(-len(known) * i // bins) - 1 for i in range(1, bins)]])
    groups = np.searchsorted(edges, codes, side="left")
    titles = np.full(len(codes), MISSING, dtype=object)
    for group in np.unique(groups[codes >= 0]).tolist():
        rows = (groups == group) & (codes >= 0)
        titles[rows] = f"{_name(ordered[codes[rows].min()])} to {_name(ordered[codes[rows].max()])}"
    return titles


def _name(value: Any) -> str:
    """Name a value; whole numbers that missing ones beside them made floats are whole again."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
