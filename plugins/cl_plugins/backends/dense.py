"""From rows of numbers to out-of-sample probabilities: scaling, kernel map and linear head by fold.

Knows neither what the numbers describe nor how rows are held out.
"""

from typing import Literal, TypeAlias

import numpy as np
from sklearn.kernel_approximation import Nystroem
from threadpoolctl import threadpool_limits

from cl_core.crossval import FitPredict
from cl_core.dataset import Dataset
from cl_core.hooks import Progress
from cl_core.types import FloatArray, Indices, Labels
from cl_plugins.backends.folds import out_of_sample
from cl_plugins.backends.linear import Rows, fit_linear
from cl_plugins.options import FoldOptions

# Kernel: a radial kernel on rows of one scale. Scaled kernel: the same on columns of equal spread.
Head: TypeAlias = Literal["linear", "kernel", "scaled_kernel"]

_LANDMARKS = 1_000
# Width of the kernel, in parts of the mean squared distance between two rows.
_WIDTH = 0.7


def dense_probs(
    rows: Rows, head: Head, dataset: Dataset, options: FoldOptions, progress: Progress
) -> tuple[FloatArray, tuple[str, ...]]:
    """Predict each row of `dataset` from `rows`, shape (n, d), by models that never saw it.

    The same rows, options and machine give the same bits.
    """
    # With more threads the order in which numbers are added shows in the last bits.
    with threadpool_limits(1, user_api="blas"):
        return out_of_sample(_fit_predict(rows, head, dataset, options), dataset, options, progress)


def kept_groups(dataset: Dataset, options: FoldOptions) -> bool:
    """Whether rows of one group are held out together."""
    return dataset.groups is not None and options.split in ("auto", "group")


def _fit_predict(rows: Rows, head: Head, dataset: Dataset, options: FoldOptions) -> FitPredict:
    def fit_predict(train: Indices, test: Indices) -> tuple[Labels, FloatArray]:
        learn, judge = _mapped(rows[train], rows[test], head, options.seed)
        seen, codes = np.unique(dataset.labels[train], return_inverse=True)
        groups = np.asarray(dataset.groups)[train] if kept_groups(dataset, options) else None
        return seen, fit_linear(learn, codes, groups=groups).predict_proba(judge)

    return fit_predict


def _mapped(learn: Rows, judge: Rows, head: Head, seed: int) -> tuple[Rows, Rows]:
    if head == "linear":
        return learn, judge
    if head == "scaled_kernel":
        centre = learn.mean(axis=0, dtype=np.float64)
        spread = np.maximum(learn.std(axis=0, dtype=np.float64), 1e-6)
        learn, judge = (((part - centre) / spread).astype(np.float32) for part in (learn, judge))
    distance = learn.shape[1] * max(float(learn.var(axis=0, dtype=np.float64).mean()), 1e-12)
    landmarks = min(_LANDMARKS, len(learn))
    kernel = Nystroem(gamma=_WIDTH / distance, n_components=landmarks, random_state=seed).fit(learn)
    return kernel.transform(learn).astype(np.float32), kernel.transform(judge).astype(np.float32)
