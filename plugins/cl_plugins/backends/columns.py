"""Reads what the columns of a data set are: numbers, categories, dates or text. Learns nothing from labels.

Everything here looks at one cell at a time or at a column's type, so it is done once for all rows;
whatever must be learned from rows is learned inside a fold, see `encoders`.
"""

import re
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from cl_core.dataset import Dataset
from cl_core.errors import InputError
from cl_core.types import Labels

# Up to as many values a column is a set of categories, beyond it is text: what one-hot columns and
# the 255 bins of histogram gradient boosting both hold without strain.
_MOST_CATEGORIES = 40
# A quantity may rise from row to row by chance in fewer rows than this, hardly in more.
_FEW_ROWS = 20
# A number behind letters, as a camera or an export gives it; no sentence, no date.
_CODE = re.compile(r"[^\W\d][^\W\d_]*[-_./]?\d+(\.\w+)?")
_WORD = re.compile(r"[^\W_]+")

BlockKind: TypeAlias = Literal["numbers", "pixels", "categories", "text"]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Columns of one kind: an array (n, d) of numbers or category names, or (n,) of texts."""

    kind: BlockKind
    values: Any


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The features of a data set, sorted by kind, and what people should know about them."""

    blocks: tuple[Block, ...]
    notes: tuple[str, ...]

    @property
    def n_cells(self) -> int:
        """Rows times columns."""
        return sum(np.size(block.values) for block in self.blocks)


def read_columns(dataset: Dataset) -> Columns:
    """Sort the features of a data set into blocks of one kind."""
    match dataset.modality:
        case "image":
            pixels = np.asarray(dataset.features, dtype=np.float32).reshape(dataset.n_rows, -1)
            _refuse_unbounded(pixels, dataset.name)
            return Columns((Block("pixels", pixels),), ())
        case "array":
            numbers = np.asarray(dataset.features, dtype=np.float32).reshape(dataset.n_rows, -1)
            _refuse_unbounded(numbers, dataset.name)
            return Columns((Block("numbers", numbers),), ())
        case "text":
            return Columns((Block("text", np.asarray(dataset.features, dtype=object)),), ())
        case "table":
            return _read_frame(dataset)
        case _:
            raise InputError(
                f"data set {dataset.name!r} ({dataset.modality}) has nothing the tabular backend learns from",
                hint="use backend: precomputed with probabilities of your own model",
            )


def _read_frame(dataset: Dataset) -> Columns:
    numbers: dict[str, Any] = {}
    categories: dict[str, Any] = {}
    texts: list[Any] = []
    notes: list[str] = []
    for name in dataset.features.columns:
        column = dataset.features[name].reset_index(drop=True)
        if column.isna().all():
            notes.append(f"column {name!r} is empty and was left out")
        elif _numbers_the_rows(column):
            notes.append(f"column {name!r} numbers the rows and was left out")
        else:
            _refuse_nested(column, str(name), dataset.name)
            if _repeats(column, dataset.labels):  # even made otherwise it cannot speak against a label
                notes.append(
                    f"column {name!r} says the same as the label in every row, would hide its errors, "
                    "and was left out"
                )
            elif _spells(column, dataset):
                notes.append(
                    f"column {name!r} spells the label in every row, such as {str(column.iloc[0])[:60]!r}, "
                    "would hide its errors, and was left out"
                )
            else:
                _sort(str(name), column, numbers, categories, texts)
    blocks = []
    if numbers:
        blocks.append(Block("numbers", np.column_stack(list(numbers.values())).astype(np.float32)))
        _refuse_unbounded(blocks[0].values, dataset.name, tuple(numbers))
    if categories:
        blocks.append(Block("categories", np.column_stack(list(categories.values())).astype(object)))
    blocks += [Block("text", text) for text in texts]
    if not blocks:
        raise InputError(
            f"data set {dataset.name!r} has no column to learn from"
            + (f": {'; '.join(notes)}" if notes else ""),
            hint="check data.features and data.drop, or use backend: precomputed",
        )
    return Columns(tuple(blocks), tuple(notes))


def _sort(
    name: str,
    column: "pd.Series[Any]",
    numbers: dict[str, Any],
    categories: dict[str, Any],
    texts: list[Any],
) -> None:
    kind = pd.api.types
    if kind.is_bool_dtype(column) or kind.is_numeric_dtype(column):
        numbers[name] = column.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
        return
    if kind.is_timedelta64_dtype(column):
        numbers[name] = column.dt.total_seconds().to_numpy()
        return
    dates = column if kind.is_datetime64_any_dtype(column) else _dates(column)
    if dates is not None:
        numbers |= _date_parts(name, dates)
        return
    words = column.astype(object).where(column.notna(), "").map(str)
    if words.nunique() <= _MOST_CATEGORIES:
        categories[name] = words.to_numpy(dtype=object)
        return
    texts.append(words.to_numpy(dtype=object))


def _dates(column: "pd.Series[Any]") -> "pd.Series[Any] | None":
    """Dates written as 2026-11-23 or 2026-11-23T22:00, when every filled cell is one."""
    filled = column.dropna().map(str)
    if not filled.str.match(r"\d{4}-\d{2}-\d{2}").all():
        return None
    dates = pd.to_datetime(column.where(column.notna()), format="ISO8601", errors="coerce", utc=True)
    return dates if dates.notna().sum() == len(filled) else None


def _date_parts(name: str, dates: "pd.Series[Any]") -> dict[str, Any]:
    start = pd.Timestamp(1970, 1, 1, tz=dates.dt.tz)
    days = (dates - start).dt.total_seconds() / 86_400
    parts = {"": days, " month": dates.dt.month, " weekday": dates.dt.day_of_week, " hour": dates.dt.hour}
    return {name + part: values.to_numpy(dtype=np.float64) for part, values in parts.items()}


def _numbers_the_rows(column: "pd.Series[Any]") -> bool:
    """Whether the column counts up or down row by row: in a file sorted by class it gives the label away.

    Whole numbers, other numbers at equal steps, and codes such as img_00017. Dates are left to `times`.
    """
    if len(column) <= _FEW_ROWS or column.isna().any():
        return False
    if pd.api.types.is_numeric_dtype(column):
        numbers = column.to_numpy(dtype=np.float64)
        if np.isinf(numbers).any():
            return False
        steps = np.diff(numbers)
        equal = pd.api.types.is_integer_dtype(column) or np.allclose(steps, steps[0])
        return bool(equal and ((steps > 0).all() or (steps < 0).all()))
    if not column.map(lambda cell: isinstance(cell, str) and _CODE.fullmatch(cell) is not None).all():
        return False
    codes = column.astype(object)
    return bool(codes.is_unique and (codes.is_monotonic_increasing or codes.is_monotonic_decreasing))


def _spells(column: "pd.Series[Any]", dataset: Dataset) -> bool:
    """Whether each cell has the words of its own label in it, as ``train/cat/17.png`` has for cat."""
    names = [f" {' '.join(_WORD.findall(name.lower()))} " for name in dataset.classes]
    if not all(name.strip() for name in names):
        return False
    return all(
        isinstance(cell, str) and names[label] in f" {' '.join(_WORD.findall(cell.lower()))} "
        for cell, label in zip(column, dataset.labels.tolist(), strict=True)
    )


def _repeats(column: "pd.Series[Any]", labels: Labels) -> bool:
    codes, values = pd.factorize(column)
    return (
        len(values) == len(np.unique(labels)) == len(set(zip(codes.tolist(), labels.tolist(), strict=True)))
    )


def _refuse_nested(column: "pd.Series[Any]", name: str, dataset: str) -> None:
    """Refuse lists and records as Parquet and JSON have them: as text they would say nothing."""
    cell = column.dropna().iloc[0]
    if isinstance(cell, list | tuple | dict | np.ndarray):
        raise InputError(
            f"column {name!r} of data set {dataset!r} holds a {type(cell).__name__} a row, wanted one value",
            hint="leave it out with data.drop, or spread it over columns of its own",
        )


def _refuse_unbounded(numbers: np.ndarray[Any, Any], name: str, names: tuple[str, ...] = ()) -> None:
    if np.isinf(numbers).any():
        row, column = np.argwhere(np.isinf(numbers))[0]
        place = repr(names[column]) if names else str(column)
        raise InputError(
            f"data set {name!r} has infinite numbers, the first in row {row}, column {place}",
            hint="replace them by an empty cell or a finite number",
        )
