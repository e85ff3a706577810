"""Small data sets with known answers, to hold plugins against. No checks."""

import numpy as np
import pandas as pd

from cl_core.dataset import Dataset
from cl_core.types import FloatArray, Labels, Probs


def sample_dataset(*, n_rows: int = 240, n_classes: int = 3, seed: int = 0) -> Dataset:
    """Make a table that any model can learn: one cloud of points a class, and columns of noise.

    Parameters
    ----------
    n_rows
        Rows, spread evenly over the classes.
    n_classes
        Classes, 2 or more; their names are not in alphabetical order.
    seed
        Of the points.

    Returns
    -------
    Dataset
        A ``table`` of ``n_classes + 20`` numeric columns, its labels all right.

    Examples
    --------
    >>> data = sample_dataset(n_rows=6, n_classes=3)
    >>> data.classes, data.labels.tolist(), data.features.shape
    (('class-2', 'class-1', 'class-0'), [0, 1, 2, 0, 1, 2], (6, 23))
    """
    rng = np.random.default_rng(seed)
    labels = np.arange(n_rows, dtype=np.intp) % n_classes
    points = rng.normal(size=(n_rows, n_classes + 20))
    points[np.arange(n_rows), labels] += 6.0
    names = [f"x{i}" for i in range(points.shape[1])]
    return Dataset(
        name="sample",
        ids=np.arange(n_rows),
        labels=labels,
        classes=tuple(f"class-{i}" for i in reversed(range(n_classes))),
        features=pd.DataFrame(points, columns=names),
        modality="table",
        fingerprint=f"sample-{n_rows}-{n_classes}-{seed}",
    )


def sample_probabilities(
    *, n_rows: int = 300, n_classes: int = 3, noise: float = 0.1, seed: int = 0
) -> tuple[Labels, Probs]:
    """Make labels of which a share is wrong, and the probabilities of a good model that says so.

    Parameters
    ----------
    n_rows, n_classes
        Shape of the probabilities.
    noise
        Share of rows, in 0..1, whose label is moved to the next class.
    seed
        Of the probabilities.

    Returns
    -------
    tuple of (int array of shape (n,), float array of shape (n, k))
        With a noise of 0 every row's most probable class is its label.

    Examples
    --------
    >>> labels, probs = sample_probabilities(n_rows=30, noise=0.1)
    >>> int((probs.argmax(axis=1) != labels).sum())
    3
    """
    rng = np.random.default_rng(seed)
    true = np.arange(n_rows, dtype=np.intp) % n_classes
    raw: FloatArray = rng.uniform(0.0, 0.1, size=(n_rows, n_classes))
    raw[np.arange(n_rows), true] += 1.0
    labels = true.copy()
    wrong = rng.choice(n_rows, size=round(noise * n_rows), replace=False)
    labels[wrong] = (labels[wrong] + 1) % n_classes
    return labels, raw / raw.sum(axis=1, keepdims=True)
