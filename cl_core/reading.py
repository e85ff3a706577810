"""One data set as the engine reads it: each sweep is made once, when first needed. No filters, no scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cl_core.engine.confident import Collisions, confident_classes
from cl_core.engine.exact import pair_counts
from cl_core.engine.plan import Plan, Scratch
from cl_core.engine.rows import RowFacts, row_facts
from cl_core.engine.source import ArraySource, FileSource, Source, open_source
from cl_core.errors import InputError
from cl_core.inputs import ROW_SUM_TOLERANCE, check_labels, refuse_bad
from cl_core.types import Counts, FloatArray, Labels, Mask, Probs


@dataclass(frozen=True, eq=False)
class Reading:
    """Labels, a source of probabilities, and what has been learned from them so far.

    Attributes
    ----------
    labels
        Class numbers, shape ``(n,)``.
    source
        Where the probabilities come from.
    plan
        How sweeps are run.
    with_other
        Whether the first sweep keeps the best other class's probability (for margins).
    collisions
        How rows that are confident in several classes are counted, see `confident_joint`.
    """

    labels: Labels
    source: Source
    plan: Plan
    with_other: bool = False
    collisions: Collisions = "largest"

    @property
    def k(self) -> int:
        """Number of classes."""
        return self.source.k

    @property
    def tolerance(self) -> float:
        """Largest distance of a row's sum from 1 that passes."""
        return ROW_SUM_TOLERANCE[self.source.dtype.itemsize]

    @cached_property
    def facts(self) -> RowFacts:
        """The first sweep; raises for cells or rows that are no probabilities."""
        facts = row_facts(
            self.source, self.labels, self.plan, tolerance=self.tolerance, with_other=self.with_other
        )
        refuse_bad(self.source, facts, self.plan, self.tolerance)
        return facts

    @cached_property
    def thresholds(self) -> FloatArray:
        """Confident threshold of each class, NaN for a class that labels no row."""
        return self.facts.sums.means()

    @property
    def lift(self) -> FloatArray:
        """What adjusting adds to the probabilities of each class: ``max(t) - t``, 0 without a threshold."""
        return np.nan_to_num(np.nanmax(self.thresholds) - self.thresholds, nan=0.0)

    @cached_property
    def per_label(self) -> NDArray[np.int64]:
        """Number of rows of each given label, shape (k,)."""
        return self.facts.sums.counts

    @cached_property
    def confident(self) -> NDArray[np.unsignedinteger]:
        """Class each row counts for, k for none: the second sweep."""
        return confident_classes(self.source, self.facts, self.thresholds, self.plan, self.collisions)

    @cached_property
    def counts(self) -> Counts:
        """Confident joint before calibration, rows = given, columns = true."""
        return pair_counts(self.labels, self.confident, self.k, self.k + 1)[:, :-1].copy()

    @property
    def suspects(self) -> Mask:
        """Rows whose given label is not (one of) the most probable."""
        return np.asarray(self.facts.top > self.facts.given)

    @cached_property
    def predicted_counts(self) -> Counts:
        """Rows by given label (down) and most probable class (across)."""
        return pair_counts(self.labels, self.facts.top_class, self.k, self.k)


def read(
    labels: ArrayLike,
    pred_probs: Any,
    *,
    classes: Sequence[Any] | None = None,
    plan: Plan | None = None,
    with_other: bool = False,
    collisions: Collisions = "largest",
) -> Reading:
    """Open probabilities and check labels against their shape; cells are checked in the first sweep."""
    source = open_source(pred_probs)
    codes = check_labels(labels, source.k, classes=classes)
    if len(codes) != source.n:
        raise InputError(
            f"{len(codes):,} labels but {source.n:,} rows of probabilities",
            hint="both must come from the same rows in the same order",
        )
    return Reading(codes, source, plan or Plan(), with_other, collisions)


def as_array(reading: Reading, pred_probs: Any) -> Probs:
    """Give the probabilities as an array for code that needs them all at once; costs a copy of a table's."""
    if isinstance(pred_probs, np.ndarray):
        return pred_probs
    if isinstance(reading.source, ArraySource):
        return reading.source.array
    if isinstance(reading.source, FileSource):
        return reading.source.mapped()
    scratch = Scratch()
    return np.concatenate([load(scratch) for _, load in reading.source.blocks(1 << 16)])
