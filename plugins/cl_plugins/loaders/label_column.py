"""From a column of labels to class numbers and names: what counts as a class, and in which order."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cl_core.errors import ConfigError, InputError
from cl_core.types import Labels, Mask

# A column of fractions with more different values than this is a quantity, not a set of names.
_MOST_FRACTIONS = 20


@dataclass(frozen=True, slots=True, eq=False)
class EncodedLabels:
    """Labels as numbers.

    Attributes
    ----------
    codes
        Class numbers of the labelled rows, shape (m,).
    classes
        Class names: numbers by value, everything else by spelling.
    labelled
        Which rows of the source carry a label, shape (n,).
    notes
        What people should know, one sentence each.
    """

    codes: Labels
    classes: tuple[str, ...]
    labelled: Mask
    notes: tuple[str, ...]

    @property
    def n_unlabelled(self) -> int:
        """Rows of the source without a label."""
        return int((~self.labelled).sum())


def encode_labels(
    values: ArrayLike,
    *,
    where: str,
    known: tuple[str, ...] = (),
    fixed: tuple[str, ...] | None = None,
    missing: tuple[str, ...] = (),
) -> EncodedLabels:
    """Turn `values` into class numbers; `where` is what errors call the column.

    Classes in `known` count even when they label no row; `fixed` are all the classes there are, in order.
    `missing` are words that were read as no label.
    """
    column = pd.Series(values).reset_index(drop=True)
    labelled = column.notna().to_numpy(dtype=np.bool_)
    if not labelled.any():
        raise InputError(
            f"{where} has no label in any of {len(column):,} rows",
            hint="name the column that holds the labels, or label some rows first",
        )
    _refuse_nested(column[labelled], where)
    if fixed is None:
        names, numeric = _names(column[labelled], where)
        found = set(names.tolist())
        classes = tuple(sorted(found | set(known), key=_by_value if numeric else None))
    else:
        names, classes = _names_among(column[labelled], fixed, where), fixed
        found = set(names.tolist())
    _refuse_too_few_or_many(found, len(names), where, _unlabelled(labelled, missing))
    codes = pd.Categorical(names, categories=list(classes)).codes.astype(np.intp)
    notes = [
        *_unlabelled_note(labelled, where, missing),
        *_alike_notes(classes),
        *_blank_notes(names, classes, where),
    ]
    return EncodedLabels(codes, classes, labelled, tuple(notes))


def encode_again(values: ArrayLike, classes: tuple[str, ...], *, where: str) -> Labels:
    """Turn a second column, the right labels, into numbers of the `classes` of the first."""
    column = pd.Series(values).reset_index(drop=True)
    if column.isna().any():
        raise InputError(
            f"{where} is empty in {int(column.isna().sum()):,} of {len(column):,} rows",
            hint="the right label must be known for every labelled row, or leave true_labels out",
        )
    names, _ = _names(column, where)
    unknown = sorted(set(names.tolist()) - set(classes))
    if unknown:
        raise InputError(
            f"{where} holds {unknown[0]!r}, which is no class of the given labels",
            hint=f"known classes: {', '.join(classes[:10])}",
        )
    codes: Labels = pd.Categorical(names, categories=list(classes)).codes.astype(np.intp)
    return codes


def _names(column: "pd.Series[Any]", where: str) -> tuple[np.ndarray[Any, Any], bool]:
    """Name of each label, and whether the names are numbers."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    texts = column.astype(str)
    if pd.api.types.is_bool_dtype(column):
        return texts.to_numpy(dtype=object), False
    # Text such as 007 or 1_000 is a name: only plain numbers are read as numbers.
    plain = bool(texts.str.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?").all())
    if not plain:
        return texts.to_numpy(dtype=object), False
    numbers = texts.astype(np.float64).to_numpy()
    if np.array_equal(numbers, np.floor(numbers)) and np.abs(numbers).max() < 2**53:
        return np.array([str(int(x)) for x in numbers], dtype=object), True
    many = len(np.unique(numbers))
    if many > _MOST_FRACTIONS:
        raise InputError(
            f"{where} holds {many:,} different fractions such as {texts.iloc[0]}: a quantity, not classes",
            hint="name the column with the classes, or cut the quantity into ranges",
        )
    return texts.to_numpy(dtype=object), True


def _names_among(column: "pd.Series[Any]", fixed: tuple[str, ...], where: str) -> np.ndarray[Any, Any]:
    """Name of each label, every one of them among `fixed`, as written or as a plain number."""
    if len(set(fixed)) < len(fixed):
        twin = next(name for name in fixed if fixed.count(name) > 1)
        raise ConfigError(f"`classes` lists {twin!r} twice", hint="name every class once")
    names = column.astype(str).to_numpy(dtype=object)
    if not set(names.tolist()) <= set(fixed):
        names, _ = _names(column, where)
    strange = sorted(set(names.tolist()) - set(fixed))
    if strange:
        near = get_close_matches(strange[0], fixed, n=1)
        count = int(np.isin(names, strange).sum())
        raise InputError(
            f"{where} holds {strange[0]!r}, which `classes` does not list ({count:,} such rows in all)",
            hint=f"{f'did you mean {near[0]!r}? ' if near else ''}classes: {', '.join(fixed[:10])}",
        )
    return names


def _by_value(name: str) -> tuple[float, str]:
    try:
        return float(name), name
    except ValueError:  # a class known from elsewhere that is no number
        return float("inf"), name


def _refuse_nested(column: "pd.Series[Any]", where: str) -> None:
    """Refuse cells that are no single value: as text, a list of two labels would be a class of its own."""
    if column.dtype != object:
        return
    strange = next((cell for cell in column if isinstance(cell, list | dict | np.ndarray | bytes)), None)
    if strange is not None:
        kind = "bytes" if isinstance(strange, bytes) else "lists or records"
        raise InputError(
            f"{where} holds {kind} such as {str(strange)[:60]}, wanted one label a row",
            hint="write one text or number a row; rows with several labels are another problem than this one",
        )


def _refuse_too_few_or_many(found: set[str], n: int, where: str, unlabelled: str) -> None:
    if len(found) < 2:  # noqa: PLR2004 - two classes make a classification
        raise InputError(
            f"{where} holds one class only, {next(iter(found))!r}"
            + (unlabelled and f", and is {unlabelled}"),
            hint="label errors can be found only between two classes or more: check the column and the rows",
        )
    if 2 * len(found) > n > _MOST_FRACTIONS:
        raise InputError(
            f"{where} holds {len(found):,} different values in {n:,} rows: ids or quantities, not classes",
            hint="name the column that holds the class labels",
        )


def _unlabelled_note(labelled: Mask, where: str, missing: tuple[str, ...]) -> list[str]:
    said = _unlabelled(labelled, missing)
    return [f"{where} is {said}; these rows are left out and counted as unlabelled"] if said else []


def _unlabelled(labelled: Mask, missing: tuple[str, ...]) -> str:
    """Say how many rows have no label, and which words were taken for none; empty where all have one."""
    count = int((~labelled).sum())
    if not count:
        return ""
    words = ", ".join(filter(None, missing))
    empty = f"empty, or one of {words} (missing_labels)," if words else "empty"
    return f"{empty} in {count:,} of {len(labelled):,} rows ({count / len(labelled):.1%})"


def _blank_notes(names: np.ndarray[Any, Any], classes: tuple[str, ...], where: str) -> list[str]:
    """Say that a blank text is a class: it often means that nobody labelled the row."""
    rows = int(np.isin(names, [name for name in classes if not name.strip()]).sum())
    if not rows:
        return []
    return [f"{where} holds a blank text in {rows:,} rows: a class of its own, where null is none"]


def _alike_notes(classes: tuple[str, ...]) -> list[str]:
    """Say which class names differ in upper case or blanks only: they are often typing errors."""
    seen: dict[str, str] = {}
    notes = []
    for name in classes:
        twin = seen.setdefault(" ".join(name.casefold().split()), name)
        if twin != name:
            notes.append(f"classes {twin!r} and {name!r} differ in case or blanks only and stay two classes")
    return notes
