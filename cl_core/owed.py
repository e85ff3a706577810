"""How many rows each pair of given and true label loses to a prune filter. No choice of rows."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cl_core.errors import ConfigError
from cl_core.joint import calibrate_joint
from cl_core.types import Counts


def owed_rows(
    calibrated: Counts,
    *,
    frac_noise: float = 1.0,
    min_examples_per_class: int = 1,
    num_to_remove_per_class: Sequence[int] | None = None,
) -> Counts:
    """Off-diagonal counts of the calibrated joint, cut down to what the caller allows.

    Parameters
    ----------
    calibrated
        Calibrated joint, shape ``(k, k)``, rows = given label.
    frac_noise
        Share of the estimated errors of each given label to remove, in 0..1.
    min_examples_per_class
        Rows that each given label keeps at least, whatever the counts say.
    num_to_remove_per_class
        Rows to remove of each given label, shared out among true labels like the counts; a label that
        counts nothing off its diagonal loses nothing. Overrides `frac_noise`.

    Returns
    -------
    int array, shape (k, k)
        Zero on the diagonal.

    Examples
    --------
    >>> owed_rows(np.array([[6, 4], [0, 5]]), frac_noise=0.5)
    array([[0, 2],
           [0, 0]])
    """
    if not 0 <= frac_noise <= 1:
        raise ConfigError(f"frac_noise is {frac_noise}, wanted 0 to 1", hint="0.5 removes the worse half")
    if min_examples_per_class < 0:
        raise ConfigError(
            f"min_examples_per_class is {min_examples_per_class}, wanted 0 or more",
            hint="1 keeps one row of every label",
        )
    off = calibrated.copy()
    np.fill_diagonal(off, 0)
    total = off.sum(axis=1)
    wanted = np.floor(total * frac_noise + 0.5).astype(np.int64)
    if num_to_remove_per_class is not None:
        wanted = np.where(total > 0, _numbers(num_to_remove_per_class, len(off)), 0)
    most = np.maximum(calibrated.sum(axis=1) - min_examples_per_class, 0)
    wanted = np.minimum(wanted, most)
    if np.array_equal(wanted, total):
        return off
    scaled = calibrate_joint(off, wanted)
    np.fill_diagonal(scaled, 0)
    return scaled


def _numbers(numbers: Sequence[int], k: int) -> NDArray[np.int64]:
    given = np.asarray(numbers)
    if given.shape != (k,) or given.dtype.kind not in "iu" or (given < 0).any():
        raise ConfigError(
            f"num_to_remove_per_class is {numbers!r}, wanted {k} whole numbers of 0 or more",
            hint="one number a class, in class order",
        )
    return given.astype(np.int64)
