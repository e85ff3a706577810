"""Which rows belong to which slice: columns of the source cut into few groups. No rates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

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
    kind = values.dtype
    ordered = pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
    different = int(values.nunique())
    if (ordered or pd.api.types.is_datetime64_any_dtype(kind)) and different > bins:
        groups = pd.qcut(values, bins, duplicates="drop").map(_range, na_action="ignore")
    elif different > most:
        raise ConfigError(
            f"check {check} cannot cut by {column!r}: it has {different:,} different values",
            hint=f"name a column of at most {most} values, or raise {check}.max_values",
        )
    else:
        groups = values.map(str, na_action="ignore")
    keys = groups.astype(object).where(values.notna(), MISSING).to_numpy()
    return [Slice(column, str(key), np.flatnonzero(keys == key)) for key in sorted(set(keys), key=str)]


def _range(interval: pd.Interval) -> str:
    return f"{interval.left} to {interval.right}"
