"""Which labels to call issues: from scores and counts to a mask of rows. No ranking."""

from typing import Literal, TypeAlias, get_args

from numpy.typing import ArrayLike

from cl_core.engine.margins import largest_margins
from cl_core.errors import ConfigError
from cl_core.joint import calibrate_joint
from cl_core.reading import Reading, read
from cl_core.types import Mask

FilterMethod: TypeAlias = Literal["prune_by_noise_rate", "predicted_neq_given"]


def find_label_issues(
    labels: ArrayLike, pred_probs: ArrayLike, *, filter_by: FilterMethod = "prune_by_noise_rate"
) -> Mask:
    """Mark the rows whose label is probably wrong.

    Parameters
    ----------
    labels
        Given labels, shape ``(n,)``, values in ``0..k-1``.
    pred_probs
        Out-of-sample probabilities, shape ``(n, k)``.
    filter_by
        ``"prune_by_noise_rate"``: for each pair of given and true label, as many rows as the
        calibrated confident joint counts, those with the largest margin ``p[true] - p[given]``;
        rows of equal margin at the cut are all taken, so that the order of rows plays no part.
        ``"predicted_neq_given"``: the rows whose most probable class is not the given label.

    Returns
    -------
    bool array, shape (n,)
        A row whose given label is (one of) the most probable is never marked.

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
    return issues_of(read(labels, pred_probs), filter_by)


def issues_of(reading: Reading, filter_by: FilterMethod) -> Mask:
    """Label issues of a reading."""
    if filter_by == "predicted_neq_given":
        return reading.suspects
    owed = calibrate_joint(reading.counts, reading.per_label)
    return largest_margins(
        reading.source, reading.labels, reading.facts, owed, reading.plan, tolerance=reading.tolerance
    )
