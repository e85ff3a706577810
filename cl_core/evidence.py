"""Everything cl_core knows about one labelled data set, computed once. No verdicts, no files."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cl_core.audit.finding import AuditFinding
from cl_core.context import Context
from cl_core.engine.plan import Plan
from cl_core.filters import FilterMethod, issues_of
from cl_core.joint import calibrate_joint
from cl_core.noise.estimate import estimate_noise_rate
from cl_core.noise.quality import ModelQuality, model_quality
from cl_core.noise.record import NoiseEstimate
from cl_core.order import review_ranks
from cl_core.reading import Reading, as_array, read
from cl_core.suspicions import suspicions
from cl_core.types import Counts, FloatArray, Labels, Mask

SCORED_COLUMNS = (
    "id",
    "given_label",
    "suggested_label",
    "label_quality",
    "is_label_issue",
    "rank",
    "self_confidence",
    "normalized_margin",
    "reasons",
)


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What was measured about a data set's labels; checks judge it and reports show it.

    Attributes
    ----------
    classes
        Class names in the order of the class numbers, k of them.
    thresholds
        Confident threshold of each class, shape ``(k,)``; NaN for a class that labels no row.
    confident_joint
        Calibrated counts, shape ``(k, k)``, rows = given label, columns = true label.
    noise
        The estimated noise rate the gate decides on.
    quality
        How far the model can be trusted.
    class_table
        A row a class: ``label, rows, flagged, flagged_share, noise_rate, self_confidence``.
    pair_table
        A row a pair of classes with a count: ``given_label, suggested_label, rows``, most first.
    scored
        The scored table, a row a row of the data set, columns `SCORED_COLUMNS`, in the data's order.
    warnings
        What people should know before they trust the figures, one sentence each.
    out_of_sample
        Whether each row was judged by a model that never saw its label; None where nobody knows.
    audit
        What people found who checked a random few of these very rows; None without an audit.
    context
        The rows themselves, the last accepted run and the clock, for checks that ask for more than figures.
    """

    classes: tuple[str, ...]
    thresholds: FloatArray
    confident_joint: Counts
    noise: NoiseEstimate
    quality: ModelQuality
    class_table: pd.DataFrame
    pair_table: pd.DataFrame
    scored: pd.DataFrame
    warnings: tuple[str, ...] = ()
    out_of_sample: bool | None = None
    audit: AuditFinding | None = None
    context: Context = field(default_factory=Context)

    @property
    def n_rows(self) -> int:
        """Number of rows judged."""
        return len(self.scored)

    @property
    def n_flagged(self) -> int:
        """Number of rows called a label issue."""
        return int(self.scored["is_label_issue"].sum())


def assess(  # noqa: PLR0913 - every one is optional and named
    labels: ArrayLike,
    pred_probs: ArrayLike,
    *,
    classes: Sequence[str] | None = None,
    ids: ArrayLike | None = None,
    noise: NoiseEstimate | None = None,
    quality: ModelQuality | None = None,
    filter_by: FilterMethod = "prune_by_noise_rate",
    out_of_sample: bool | None = None,
    plan: Plan | None = None,
) -> Evidence:
    """Measure a data set's labels: thresholds, joint, noise rate, scores and tables.

    Parameters
    ----------
    labels
        Class numbers ``0..k-1``, shape ``(n,)``.
    pred_probs
        Out-of-sample probabilities, shape ``(n, k)``.
    classes
        Class names in column order; "0", "1", ... when left out.
    ids
        What people call the rows, shape ``(n,)``; row numbers when left out.
    noise
        The noise estimate to put on record; the default method's when left out.
    quality
        The model quality to put on record; measured when left out.
    filter_by
        How label issues are told from other rows, see `find_label_issues`.
    out_of_sample
        What is known of how the probabilities were made; goes on record.
    plan
        Number of threads and size of blocks; no choice changes a bit of the result.

    Returns
    -------
    Evidence
        The scored table keeps the order of the rows.

    Examples
    --------
    >>> probs = [[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8]]
    >>> evidence = assess([0, 0, 0, 1], probs, classes=["cat", "dog"])
    >>> evidence.scored.loc[evidence.scored["is_label_issue"], ["id", "given_label", "suggested_label"]]
       id given_label suggested_label
    2   2         cat             dog
    """
    reading = read(labels, pred_probs, plan=plan, with_other=True)
    names = tuple(map(str, classes)) if classes is not None else tuple(map(str, range(reading.k)))
    row_ids = np.arange(len(reading.labels)) if ids is None else np.asarray(ids)
    counts = calibrate_joint(reading.counts, reading.per_label)
    flagged = issues_of(reading, filter_by)
    scored = _scored_table(reading, flagged, names, row_ids)
    return Evidence(
        classes=names,
        thresholds=reading.thresholds,
        confident_joint=counts,
        noise=noise or estimate_noise_rate(reading.labels, as_array(reading, pred_probs)),
        quality=quality or model_quality(reading.labels, as_array(reading, pred_probs)),
        class_table=_class_table(reading.labels, flagged, scored, counts, names),
        pair_table=_pair_table(counts, names),
        scored=scored,
        warnings=suspicions(reading, names),
        out_of_sample=out_of_sample,
    )


def _scored_table(
    reading: Reading, flagged: Mask, classes: tuple[str, ...], ids: NDArray[np.generic]
) -> pd.DataFrame:
    names = np.asarray(classes, dtype=object)
    labels, facts = reading.labels, reading.facts
    given, other = facts.given.astype(np.float64), facts.best_other().astype(np.float64)
    suggested = np.where(flagged, facts.top_class, labels)
    columns = {
        "id": ids,
        "given_label": names[labels],
        "suggested_label": names[suggested],
        "label_quality": given,
        "is_label_issue": flagged,
        "rank": review_ranks(reading),
        "self_confidence": given,
        "normalized_margin": (given - other + 1) / 2,
        "reasons": _reasons(flagged, given, other),
    }
    return pd.DataFrame(columns, columns=list(SCORED_COLUMNS))


def _reasons(flagged: Mask, given: FloatArray, other: FloatArray) -> NDArray[np.object_]:
    """Say, for each flagged row, why; empty for the others."""
    reasons = np.full(len(flagged), "", dtype=object)
    reasons[flagged] = [
        f"the model gives the suggested label {high:.0%} and the given label {low:.0%}"
        for low, high in zip(given[flagged].tolist(), other[flagged].tolist(), strict=True)
    ]
    return reasons


def _class_table(
    labels: Labels, flagged: Mask, scored: pd.DataFrame, counts: Counts, classes: tuple[str, ...]
) -> pd.DataFrame:
    k = len(classes)
    rows = np.bincount(labels, minlength=k)
    some = np.maximum(rows, 1)
    marked = np.bincount(labels, weights=flagged, minlength=k).astype(np.int64)
    quality = np.bincount(labels, weights=scored["self_confidence"].to_numpy(), minlength=k)
    return pd.DataFrame(
        {
            "label": list(classes),
            "rows": rows,
            "flagged": marked,
            "flagged_share": np.where(rows > 0, marked / some, np.nan),
            "noise_rate": np.where(rows > 0, 1 - counts.diagonal() / some, np.nan),
            "self_confidence": np.where(rows > 0, quality / some, np.nan),
        }
    )


def _pair_table(counts: Counts, classes: tuple[str, ...]) -> pd.DataFrame:
    given, true = np.nonzero(counts - np.diag(counts.diagonal()))
    rows = counts[given, true]
    order = np.argsort(-rows, kind="stable")
    names = np.asarray(classes, dtype=object)
    columns = {"given_label": names[given], "suggested_label": names[true], "rows": rows}
    return pd.DataFrame(columns).iloc[order].reset_index(drop=True)
