"""Which labels to call issues: from scores and counts to a mask of rows. No ranking."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike

from cl_core.engine.confident import Collisions
from cl_core.engine.margins import largest_margins
from cl_core.engine.paircuts import PairCuts
from cl_core.engine.plan import Plan
from cl_core.errors import ConfigError
from cl_core.joint import calibrate_joint
from cl_core.owed import owed_rows
from cl_core.reading import Reading, read
from cl_core.scores import scores_of
from cl_core.types import Counts, FloatArray, Mask

FilterMethod: TypeAlias = Literal[
    "auto",
    "prune_by_noise_rate",
    "prune_by_class",
    "both",
    "confident_learning",
    "predicted_neq_given",
    "low_normalized_margin",
    "low_self_confidence",
]
_PRUNES = ("prune_by_noise_rate", "prune_by_class", "both")


def find_label_issues(
    labels: ArrayLike,
    pred_probs: Any,
    *,
    filter_by: FilterMethod = "prune_by_noise_rate",
    frac_noise: float = 1.0,
    min_examples_per_class: int = 1,
    num_to_remove_per_class: Sequence[int] | None = None,
    collisions: Collisions = "largest",
    plan: Plan | None = None,
) -> Mask:
    """Mark the rows whose label is probably wrong.

    Parameters
    ----------
    labels
        Given labels, shape ``(n,)``, values in ``0..k-1``.
    pred_probs
        Out-of-sample probabilities, shape ``(n, k)``: an array, a memory map, the path of a ``.npy`` or
        Parquet file, a table, or a `BlockReader`.
    filter_by
        ``"prune_by_noise_rate"``: for each pair of given and true label, as many rows as the
        calibrated confident joint counts, those with the largest margin ``p[true] - p[given]``.
        ``"prune_by_class"``: for each given label, as many rows as the joint counts elsewhere, those
        with the smallest ``p[given]``. ``"both"``: the rows that both of these mark.
        ``"confident_learning"``: the rows counted off the diagonal of the confident joint.
        ``"predicted_neq_given"``: the rows whose most probable class is not the given label.
        ``"low_normalized_margin"``, ``"low_self_confidence"``: as many rows as `num_label_issues`
        counts, those with the lowest score.
        ``"auto"``: chosen from the data, see `cl_core.auto`.
    frac_noise, min_examples_per_class, num_to_remove_per_class
        How much of the joint the three prune filters act on, see `cl_core.owed.owed_rows`.
    collisions
        How rows that are confident in several classes are counted, see `confident_joint`.
    plan
        Number of threads and size of blocks; no choice changes a bit of the result.

    Returns
    -------
    bool array, shape (n,)
        Rows with equal values at a cut are all marked, so that the order of rows plays no part. A row
        whose given label is (one of) the most probable is marked by the two ``low_`` filters only.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), Confident Learning, JAIR 70, section 3.2.

    Examples
    --------
    >>> find_label_issues([0, 0, 1], [[0.9, 0.1], [0.1, 0.9], [0.2, 0.8]], filter_by="predicted_neq_given")
    array([False,  True, False])
    """
    if filter_by not in get_args(FilterMethod):
        raise ConfigError(
            f"no filter {filter_by!r}", hint=f"known filters: {', '.join(get_args(FilterMethod))}"
        )
    limited = frac_noise != 1 or min_examples_per_class != 1 or num_to_remove_per_class is not None
    if limited and filter_by not in _PRUNES:
        raise ConfigError(
            f"frac_noise, min_examples_per_class and num_to_remove_per_class say nothing to {filter_by!r}",
            hint=f"they belong to {', '.join(_PRUNES)}",
        )
    with_other = filter_by == "low_normalized_margin"
    reading = read(labels, pred_probs, plan=plan, with_other=with_other, collisions=collisions)
    return issues_of(
        reading,
        filter_by,
        frac_noise=frac_noise,
        min_examples_per_class=min_examples_per_class,
        num_to_remove_per_class=num_to_remove_per_class,
    )


def issues_of(
    reading: Reading,
    filter_by: FilterMethod,
    *,
    frac_noise: float = 1.0,
    min_examples_per_class: int = 1,
    num_to_remove_per_class: Sequence[int] | None = None,
) -> Mask:
    """Label issues of a reading, see `find_label_issues`."""
    if filter_by == "auto":
        from cl_core.auto import auto_issues

        return auto_issues(reading)
    if filter_by == "predicted_neq_given":
        return reading.suspects
    if filter_by == "confident_learning":
        return _off_diagonal(reading)
    if filter_by in ("low_normalized_margin", "low_self_confidence"):
        method: Any = filter_by.removeprefix("low_")
        return _lowest(scores_of(reading, method), int(_off_diagonal(reading).sum()))
    owed = owed_rows(
        calibrate_joint(reading.counts, reading.per_label),
        frac_noise=frac_noise,
        min_examples_per_class=min_examples_per_class,
        num_to_remove_per_class=num_to_remove_per_class,
    )
    marked: Mask = np.ones(len(reading.labels), dtype=np.bool_)
    if filter_by in ("prune_by_noise_rate", "both"):
        marked &= largest_margins(
            reading.source, reading.labels, reading.facts, owed, reading.plan, tolerance=reading.tolerance
        )
    if filter_by in ("prune_by_class", "both"):
        marked &= _lowest_of_class(reading, owed)
    return marked


def num_label_issues(labels: ArrayLike, pred_probs: Any, *, plan: Plan | None = None) -> int:
    """Count the rows off the diagonal of the confident joint whose label is not the most probable.

    Examples
    --------
    >>> num_label_issues([0, 0, 0, 1], [[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8]])
    1
    """
    return int(_off_diagonal(read(labels, pred_probs, plan=plan)).sum())


def _off_diagonal(reading: Reading) -> Mask:
    confident = reading.confident
    return np.asarray((confident < reading.k) & (confident != reading.labels) & reading.suspects)


def _lowest(scores: FloatArray, count: int) -> Mask:
    """Rows among the `count` lowest scores, all of equal ones at the cut."""
    if count == 0:
        return np.zeros(len(scores), dtype=np.bool_)
    return np.asarray(scores <= np.partition(scores, count - 1)[count - 1])


def _lowest_of_class(reading: Reading, owed: Counts) -> Mask:
    """Suspects among the ``owed[i].sum()`` smallest ``p[i]`` of their given label i."""
    wanted = owed.sum(axis=1)
    classes = np.flatnonzero(wanted)
    marked = np.zeros(len(reading.labels), dtype=np.bool_)
    if not len(classes):
        return marked
    number = np.full(reading.k, -1, dtype=np.int64)
    number[classes] = np.arange(len(classes))
    rows = np.flatnonzero(number[reading.labels] >= 0)
    groups = number[reading.labels[rows]]
    cuts = PairCuts(wanted[classes])
    keys = cuts.keys(groups, -reading.facts.given[rows].astype(np.float64))
    cuts.add(keys)
    marked[rows[keys >= cuts.cuts()[groups]]] = True
    return marked & reading.suspects
