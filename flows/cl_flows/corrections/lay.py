"""Lays a patch over a data set: labels change, rows leave, and the fingerprint tells. Reads no file."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd

from cl_core.dataset import Dataset
from cl_core.errors import InputError
from cl_core.media import Clips, MediaFiles
from cl_core.types import Indices, Labels
from cl_flows.corrections.patch import Answer, Patch
from cl_flows.corrections.source import corrected_source
from cl_flows.report.wording import count

_ROWS = ("ids", "labels", "pred_probs", "true_labels", "groups", "times")


@dataclass(frozen=True, slots=True)
class _Sorted:
    """The answers of a patch by what they do; each change with its row of the data."""

    relabel: list[tuple[int, Answer]]
    exclude: list[tuple[int, Answer]]
    n_kept: int
    n_already: int

    @property
    def changes(self) -> bool:
        """Whether any label changes or any row leaves."""
        return bool(self.relabel or self.exclude)

    @property
    def says(self) -> str:
        """What the patch did, as the rest of a sentence that begins with its name."""
        parts = [f"{self.n_already:,} as it says already"] if self.n_already else []
        parts += [f"{self.n_kept:,} confirmed"] if self.n_kept else []
        if not self.changes:
            return f" change nothing: {', '.join(parts) or 'no answers'}"
        labels, rows = count(len(self.relabel), "label"), count(len(self.exclude), "row")
        return ": " + ", ".join([f"{labels} corrected", f"{rows} excluded", *parts])


def lay(
    patch: Patch, dataset: Dataset, *, new_classes: Sequence[str] = (), label_column: str | None = None
) -> Dataset:
    """Return the data set as the patch says; the same one, but for a note, where it says nothing new.

    Parameters
    ----------
    patch, dataset
        The answers, by id, and the rows they are about.
    new_classes
        Classes that the patch may bring in; any other label must be a class of the data.
    label_column
        Column of `Dataset.source` that holds the labels; by its content when None.

    Raises
    ------
    InputError
        For ids that no row has, rows whose label is neither the old nor the new one, and unknown classes:
        counted, and the first is named. Likewise where fewer than two classes would be left.
    """
    dataset = _with_classes(patch, dataset, new_classes)
    found = _sorted(patch, dataset)
    note = f"corrections {patch.name}{found.says}"
    if not found.changes:
        return replace(dataset, notes=(*dataset.notes, note))
    labels, rows = np.array(dataset.labels), np.array([row for row, _ in found.relabel], dtype=np.intp)
    number = {name: code for code, name in enumerate(dataset.classes)}
    labels[rows] = [number[one.new] for _, one in found.relabel]
    source, told = corrected_source(dataset, labels, rows, label_column)
    corrected = replace(
        dataset,
        labels=labels,
        source=source,
        fingerprint=_fingerprint(dataset, found),
        notes=(*dataset.notes, note, *told),
    )
    left = without(corrected, np.array([row for row, _ in found.exclude], dtype=np.intp))
    _refuse_one_class(patch, left)
    return left


def without(dataset: Dataset, rows: Indices) -> Dataset:
    """Return the data set without `rows`, in every part of it."""
    if not len(rows):
        return dataset
    kept = np.setdiff1d(np.arange(dataset.n_rows), rows)
    parts = {name: _take(getattr(dataset, name), kept) for name in (*_ROWS, "features", "source")}
    return replace(dataset, **parts)


def _take(part: Any, kept: Indices) -> Any:
    match part:
        case None:
            return None
        case pd.DataFrame():
            return part.iloc[kept].reset_index(drop=True)
        case MediaFiles() | Clips():
            return part.take(kept)
        case np.ndarray():
            return part[kept]
        case _:
            return type(part)(part[row] for row in kept)


def _with_classes(patch: Patch, dataset: Dataset, new_classes: Sequence[str]) -> Dataset:
    """Return the data set with the new classes that the patch uses; refuse labels that are none."""
    known = set(dataset.classes)
    strange = [one for one in patch.answers if one.action == "relabel" and one.new not in known]
    unknown = [one for one in strange if one.new not in set(new_classes)]
    near = get_close_matches(unknown[0].new, dataset.classes, n=1) if unknown else []
    patch.refuse(
        unknown,
        lambda one: f"row {one.id!r} gets the label {one.new!r}, which is no class of the data",
        f"{f'did you mean {near[0]!r}? ' if near else ''}a class that is really new must be named: "
        "under corrections.new_classes in gate.yaml, or to `labelgate regate` by --new-class",
    )
    if strange and dataset.pred_probs is not None:
        patch.refuse(
            strange,
            lambda one: f"class {one.new!r} is new, and the probabilities in the data have no column for it",
            "bring probabilities of a model that knows the class, or let a backend make them",
        )
    added = sorted({one.new for one in strange})
    return replace(dataset, classes=(*dataset.classes, *added)) if added else dataset


def _sorted(patch: Patch, dataset: Dataset) -> _Sorted:
    rows = _rows_of(patch, dataset)
    given = np.asarray(dataset.classes, dtype=object)[np.asarray(dataset.labels)[rows]]
    out = _Sorted([], [], 0, 0)
    stale: list[tuple[str, Answer]] = []
    kept = already = 0
    for row, label, one in zip(rows.tolist(), given, patch.answers, strict=True):
        if one.action == "relabel" and label == one.new:
            already += 1
        elif label != one.old:
            stale.append((label, one))
        elif one.action == "keep":
            kept += 1
        else:
            (out.relabel if one.action == "relabel" else out.exclude).append((row, one))
    patch.refuse(
        [one for _, one in stale],
        lambda one: (
            f"row {one.id!r} has the label {stale[0][0]!r}, wanted {one.old!r}"
            + (f" or {one.new!r}" if one.action == "relabel" else "")
        ),
        "somebody changed these rows since: look at them again, or take the lines out of the patch",
    )
    return replace(out, n_kept=kept, n_already=already)


def _rows_of(patch: Patch, dataset: Dataset) -> Indices:
    """Find the row of each answer by its id, as text."""
    index = pd.Index(np.asarray(dataset.ids).astype(np.str_))
    rows: Indices = index.get_indexer(pd.Index([one.id for one in patch.answers], dtype=object))
    patch.refuse(
        [one for one, row in zip(patch.answers, rows, strict=True) if row < 0],
        lambda one: f"no labelled row has the id {one.id!r}",
        "check data.id; a row that is gone from the source needs no line in the patch",
    )
    return rows


def _fingerprint(dataset: Dataset, found: _Sorted) -> str:
    """Digest what was there and what changed, whatever the order of the lines and whoever wrote them."""
    changes = sorted((one.action, one.id, one.new) for _, one in (*found.relabel, *found.exclude))
    return sha256(json.dumps([dataset.fingerprint, changes]).encode()).hexdigest()


def _refuse_one_class(patch: Patch, left: Dataset) -> None:
    classes: Labels = np.unique(left.labels)
    if len(classes) < 2:  # noqa: PLR2004 - two classes make a classification
        raise InputError(
            f"corrections {patch.name} leave one class only, {left.classes[int(classes[0])]!r}",
            hint="label errors can be found only between two classes or more: check the patch",
        )
