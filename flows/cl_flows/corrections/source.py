"""Writes corrected labels into the source's own label column, as that column writes labels. No deciding."""

from typing import Any

import numpy as np
import pandas as pd

from cl_core.dataset import Dataset
from cl_core.types import Indices, Labels


def corrected_source(
    dataset: Dataset, labels: Labels, rows: Indices, label_column: str | None
) -> tuple[pd.DataFrame | None, tuple[str, ...]]:
    """Return the source with the new `labels` of `rows` in its label column, and what people should know.

    `dataset` still has the labels as they were.
    """
    source = dataset.source
    if source is None or not len(rows):
        return source, ()
    spelt = _label_columns(source, dataset, label_column)
    if not spelt:
        return source, ("corrections: no column of the source holds the labels, so it stays as it was",)
    for name, words in spelt.items():
        new = [words.get(code, dataset.classes[code]) for code in np.asarray(labels)[rows].tolist()]
        source = source.assign(**{name: _written(source[name], rows, new)})
    return source, ()


def _label_columns(source: pd.DataFrame, dataset: Dataset, wanted: str | None) -> dict[str, dict[int, Any]]:
    """Return the columns that hold the labels, each with how it writes every class."""
    found = {}
    for name in source.columns if wanted is None or wanted not in source.columns else [wanted]:
        words = _spelling(source[name], dataset.labels)
        if words is not None and all(_is_name(word, dataset.classes[c]) for c, word in words.items()):
            found[name] = words
    return found


def _spelling(column: "pd.Series[Any]", labels: Labels) -> dict[int, Any] | None:
    """Return how a column writes each class; None where one has two ways, or cells are lists."""
    try:
        pairs = pd.DataFrame({"code": np.asarray(labels), "word": column.to_numpy(dtype=object)})
        pairs = pairs.drop_duplicates()
    except TypeError:
        return None
    return dict(zip(pairs["code"].tolist(), pairs["word"], strict=True)) if pairs["code"].is_unique else None


def _is_name(word: Any, name: str) -> bool:
    if str(word) == name:
        return True
    try:  # 1.0 in a column of numbers is the class 1
        return not isinstance(word, bool) and float(word) == float(name)
    except (TypeError, ValueError):
        return False


def _written(column: "pd.Series[Any]", rows: Indices, new: list[Any]) -> "pd.Series[Any]":
    cells = column.to_numpy(dtype=object, copy=True)
    cells[rows] = new
    out = pd.Series(cells, index=column.index, name=column.name, dtype=object)
    if isinstance(column.dtype, pd.CategoricalDtype) and not set(new) <= set(column.cat.categories):
        return out
    try:
        return out.astype(column.dtype)
    except (TypeError, ValueError):  # a class that is new to a column of numbers
        return out
