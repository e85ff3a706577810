"""Which labels to call issues: from scores and counts to a mask of rows. No ranking."""

from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike

from cl_core.errors import ConfigError
from cl_core.inputs import check_inputs
from cl_core.joint import confident_joint
from cl_core.types import Counts, Labels, Mask, Probs

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
    labels, pred_probs = check_inputs(labels, pred_probs)
    if filter_by not in get_args(FilterMethod):
        raise ConfigError(
            f"no filter {filter_by!r}", hint=f"known filters: {', '.join(get_args(FilterMethod))}"
        )
    disagrees: Mask = pred_probs.max(axis=1) > pred_probs[np.arange(len(labels)), labels]
    if filter_by == "predicted_neq_given":
        return disagrees
    return disagrees & _largest_margins(labels, pred_probs, confident_joint(labels, pred_probs))


def _largest_margins(labels: Labels, pred_probs: Probs, counts: Counts) -> Mask:
    """Rows among the ``counts[i, j]`` largest margins ``p[j] - p[i]`` of their given label i, for any j."""
    marked = np.zeros(len(labels), dtype=np.bool_)
    for given, true in zip(*np.nonzero(counts), strict=True):
        if given == true:
            continue
        rows = np.flatnonzero(labels == given)
        margins = pred_probs[rows, true].astype(np.float64) - pred_probs[rows, given]
        cut = np.partition(margins, -counts[given, true])[-counts[given, true]]
        marked[rows[margins >= cut]] = True
    return marked
