"""What a table's rows are learned from: cells, texts or vectors. Knows no labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cl_core.dataset import Modality
from cl_core.errors import InputError
from cl_plugins.loaders.options import ColumnOptions

# Prose: most cells have several words, and most are said once only.
_WORDS = 3
_MOSTLY = 0.5
_CELLS_LOOKED_AT = 2_000
_MAX_SHOWN = 10


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Features of a data set, their kind, and what people should know about the choice."""

    rows: Any
    modality: Modality
    notes: tuple[str, ...] = ()


def choose_features(options: ColumnOptions, rows: pd.DataFrame, free: Sequence[str], shown: str) -> Features:
    """Choose what is learned from among the columns of `rows`.

    `free` are the columns without another role: all of them are features when people name none.
    """
    if options.text is not None:
        others = [name for name in free if name != options.text]
        listed = ", ".join(others[:_MAX_SHOWN]) + (", ..." if len(others) > _MAX_SHOWN else "")
        notes = (f"only column {options.text!r} is learned from; left out: {listed}",) if others else ()
        return _texts(rows[options.text], options.text, shown, notes)
    names = list(options.features or free)
    if not names:
        return Features(None, "none")
    if len(names) == 1:
        column = rows[names[0]]
        if _is_vectors(column):
            return Features(_stacked(column, names[0], shown), "array")
        if options.features is None and is_prose(column):
            said = (
                f"column {names[0]!r} is prose and is learned from as text (a guess; `features` prevents it)"
            )
            return _texts(column, names[0], shown, (said,))
    return Features(rows[names], "table")


def is_prose(column: "pd.Series[Any]") -> bool:
    """Whether most cells are several words long and said once only."""
    filled = column.dropna().iloc[:_CELLS_LOOKED_AT]
    if filled.empty or not all(isinstance(cell, str) for cell in filled):
        return False
    several = filled.map(lambda cell: len(cell.split()) >= _WORDS).mean()
    return bool(several > _MOSTLY and filled.nunique() > _MOSTLY * len(filled))


def _texts(column: "pd.Series[Any]", name: str, shown: str, notes: tuple[str, ...]) -> Features:
    filled = column.dropna()
    if strange := next((cell for cell in filled if not isinstance(cell, str)), None):
        raise InputError(
            f"column {name!r} of {shown!r} holds {type(strange).__name__} values such as {strange!r}, wanted "
            "texts",
            hint="name the column of texts with `text`",
        )
    empty = len(column) - int(filled.str.strip().astype(bool).sum())
    if empty:
        notes += (f"column {name!r} is empty in {empty:,} of {len(column):,} labelled rows",)
    if empty == len(column):
        raise InputError(f"column {name!r} of {shown!r} holds no text at all", hint="name another column")
    return Features(column.fillna("").tolist(), "text", notes)


def _is_vectors(column: "pd.Series[Any]") -> bool:
    return column.dtype == object and any(isinstance(cell, list | np.ndarray) for cell in column.iloc[:1])


def _stacked(column: "pd.Series[Any]", name: str, shown: str) -> NDArray[Any]:
    try:
        stacked = np.stack([np.asarray(cell, dtype=np.float32) for cell in column])
    except (ValueError, TypeError) as error:
        raise InputError(
            f"column {name!r} of {shown!r} holds lists that are no vectors of one length: {error}",
            hint="every row needs as many numbers as the others",
        ) from error
    if stacked.ndim < 2:  # noqa: PLR2004 - rows and numbers
        raise InputError(f"column {name!r} of {shown!r} has empty rows", hint="leave these rows out")
    return stacked
