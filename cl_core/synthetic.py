"""Label noise made on purpose, for demos, tests and benchmarks. Nothing here looks at features."""

import numpy as np

from cl_core.errors import InputError
from cl_core.types import Labels, Mask


def flip_labels(
    labels: Labels, *, rate: float, n_classes: int, rng: np.random.Generator
) -> tuple[Labels, Mask]:
    """Move a share of the labels to another class, each other class equally likely.

    Parameters
    ----------
    labels
        True labels, shape ``(n,)``, values in ``0..n_classes-1``.
    rate
        Share of rows to flip, in 0..1; ``round(rate * n)`` rows are flipped, exactly.
    n_classes
        Number of classes, 2 or more.
    rng
        Source of randomness.

    Returns
    -------
    tuple of (int array of shape (n,), bool array of shape (n,))
        The noisy labels and which of them were flipped.

    Examples
    --------
    >>> labels, rng = np.zeros(10, dtype=np.intp), np.random.default_rng(0)
    >>> noisy, flipped = flip_labels(labels, rate=0.3, n_classes=2, rng=rng)
    >>> int(flipped.sum()), bool((noisy[flipped] == 1).all())
    (3, True)
    """
    if not 0 <= rate <= 1:
        raise InputError(f"a noise rate of {rate} was asked for, wanted 0 to 1", hint="0.1 flips a tenth")
    if n_classes < 2:  # noqa: PLR2004 - with one class there is no other to move to
        raise InputError(
            f"labels of {n_classes} class cannot be flipped", hint="two classes or more are needed"
        )
    flipped = np.zeros(len(labels), dtype=np.bool_)
    flipped[rng.choice(len(labels), size=round(rate * len(labels)), replace=False)] = True
    step = rng.integers(1, n_classes, size=len(labels))
    return np.where(flipped, (labels + step) % n_classes, labels), flipped
