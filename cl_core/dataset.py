"""What a loader hands on: labelled rows of any modality. No reading of files."""

from dataclasses import InitVar, dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cl_core.errors import InputError
from cl_core.types import Labels, Probs

Modality: TypeAlias = Literal["table", "text", "image", "audio", "array", "none"]


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Labelled rows, ready for a model backend.

    Attributes
    ----------
    name
        What people call the data set: history is kept under this name.
    ids
        Shape ``(n,)``, unique; strings or integers by which people find a row again.
    labels
        Given labels as class numbers ``0..k-1``, shape ``(n,)``.
    classes
        Class names, in the order of the class numbers.
    features
        What a model learns from: a data frame for ``table``, an array for ``array`` (rows first), a list
        of strings for ``text``; for ``image`` an array ``(n, height, width)`` or ``(n, height, width,
        channels)`` or `MediaFiles`; for ``audio`` `Clips` or `MediaFiles`; None when the source holds
        probabilities only.
    modality
        Which of these `features` is.
    fingerprint
        Hexadecimal digest of the content, the same for the same rows whatever the file's name.
    pred_probs
        Probabilities that came with the data, shape ``(n, k)``, or None.
    notes
        What the loader decided and people should know, one sentence each.
    n_unlabelled
        Rows of the source that carry no label and were left out of this record.
    true_labels
        The right labels, shape ``(n,)``; known only where noise was injected or a benchmark carries
        them, None elsewhere. No estimate reads them: they serve to say how many errors were found.
    groups
        What each row belongs to (a patient, a speaker), shape ``(n,)``, or None. Cross-validation holds
        rows of one group out together.
    times
        When each row came about, numbers or datetime64, shape ``(n,)``, or None. Cross-validation holds
        out whole periods.
    source
        The labelled rows as they stood in the source, or None where the source is no table: every column
        but those of probabilities, pictures and sounds. Slices and the clean split read it; no model does.
    checked_before
        Not kept: whether these very rows made such a record before, so that the ids are known to be unique.
        Comparing a million of them costs a third of a second.
    """

    name: str
    ids: NDArray[Any]
    labels: Labels
    classes: tuple[str, ...]
    features: Any
    modality: Modality
    fingerprint: str
    pred_probs: Probs | None = None
    notes: tuple[str, ...] = ()
    n_unlabelled: int = 0
    true_labels: Labels | None = None
    groups: NDArray[Any] | None = None
    times: NDArray[Any] | None = None
    source: pd.DataFrame | None = None
    checked_before: InitVar[bool] = False

    def __post_init__(self, checked_before: bool) -> None:
        n = len(self.labels)
        if n == 0:
            raise InputError(
                f"data set {self.name!r} has no labelled rows", hint="check the file and the label column"
            )
        parts = {
            "ids": self.ids,
            "features": self.features,
            "pred_probs": self.pred_probs,
            "true_labels": self.true_labels,
            "groups": self.groups,
            "times": self.times,
            "source": self.source,
        }
        for what, rows in parts.items():
            if rows is not None and len(rows) != n:
                raise InputError(
                    f"data set {self.name!r} has {n:,} labels but {len(rows):,} {what}",
                    hint="a loader must keep one entry a row in every part of the data set",
                )
        for name in self.classes:
            if name.encode(errors="replace").decode() != name:
                raise InputError(
                    f"class name {name!r} of data set {self.name!r} is not text: it holds half a character",
                    hint="mend the file's encoding, or rename the class",
                )
        different = n if checked_before else len(pd.unique(np.asarray(self.ids)))
        if different != n:
            raise InputError(
                f"the ids of data set {self.name!r} are not unique: {n:,} rows, {different:,} different ids",
                hint="name a column that identifies a row, or leave `id` out to number the rows",
            )

    @property
    def n_rows(self) -> int:
        """Number of labelled rows."""
        return len(self.labels)

    @property
    def n_classes(self) -> int:
        """Number of classes, those that label no row included."""
        return len(self.classes)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What one of several models says about the rows of a data set.

    Attributes
    ----------
    name
        What people call the model.
    pred_probs
        Its probabilities, shape ``(n, k)``, rows and columns as in the `Predictions` it belongs to.
    """

    name: str
    pred_probs: Probs


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Class probabilities for every row of a data set, and how they were made.

    Attributes
    ----------
    pred_probs
        Shape ``(n, k)``, rows and columns in the order of the data set's rows and classes.
    out_of_sample
        Whether each row's probabilities come from a model that never saw that row's label;
        None where nobody can know (probabilities that came with the data).
    model
        One line about the model: name, settings, folds, seed.
    notes
        What people should know about these probabilities, one sentence each.
    views
        Where `pred_probs` joins several models: what each of them says, for estimators that read more
        than one; empty for a single model.
    """

    pred_probs: Probs
    out_of_sample: bool | None
    model: str
    notes: tuple[str, ...] = ()
    views: tuple[View, ...] = ()
