"""Small data sets with known answers, to hold plugins against. No checks."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd

from cl_core.baseline import Baseline, ClassFigures
from cl_core.context import Context
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


def sample_context(labels: Labels, pred_probs: Probs) -> Context:
    """Make what surrounds `sample_probabilities`: the rows as a table, and an accepted run of clean labels.

    Parameters
    ----------
    labels, pred_probs
        Shapes ``(n,)`` and ``(n, k)``.

    Returns
    -------
    Context
        The source has the columns ``label`` and ``group``; the features are the probabilities.
    """
    n, k = pred_probs.shape
    classes = tuple(map(str, range(k)))
    dataset = Dataset(
        name="sample",
        ids=np.arange(n),
        labels=labels,
        classes=classes,
        features=pd.DataFrame(pred_probs, columns=[f"p{i}" for i in range(k)]),
        modality="table",
        fingerprint="sample",
        source=pd.DataFrame({"label": labels.astype(str), "group": np.where(np.arange(n) % 2, "a", "b")}),
    )
    rows = np.bincount(np.arange(n) % k, minlength=k).tolist()
    figures = tuple(
        ClassFigures(name, count, 0.0, 0.0, 0.02) for name, count in zip(classes, rows, strict=True)
    )
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    baseline = Baseline(
        "20251231-000000-sample", moment.isoformat(), n, 0.0, 0.0, 0.02, "auto", "", 0.9, 0, figures
    )
    return Context(dataset, baseline, moment)
