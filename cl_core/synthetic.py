"""Label noise made on purpose, for demos, tests and benchmarks. Nothing here looks at features."""

import numpy as np

from cl_core.errors import InputError
from cl_core.types import FloatArray, Labels, Mask, Probs


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
    _check_rate(rate)
    if n_classes < 2:  # noqa: PLR2004 - with one class there is no other to move to
        raise InputError(
            f"labels of {n_classes} class cannot be flipped", hint="two classes or more are needed"
        )
    flipped = np.zeros(len(labels), dtype=np.bool_)
    flipped[rng.choice(len(labels), size=round(rate * len(labels)), replace=False)] = True
    step = rng.integers(1, n_classes, size=len(labels))
    return np.where(flipped, (labels + step) % n_classes, labels), flipped


def random_noise_matrix(
    n_classes: int, *, noise: float, sparsity: float = 0.0, rng: np.random.Generator
) -> FloatArray:
    """Draw a noise matrix with a given trace and share of zero noise rates.

    Parameters
    ----------
    n_classes
        Number of classes k, 2 or more.
    noise
        One minus the mean of the diagonal, in 0..1: the trace is ``k * (1 - noise)``.
    sparsity
        Share of the ``k * (k - 1)`` off-diagonal entries that are zero, in 0..1. Every true class that
        is flipped at all keeps one other class to go to, which limits the share that can be had.
    rng
        Source of randomness.

    Returns
    -------
    float array, shape (k, k)
        ``m[given, true]``, each column sums to 1.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), Confident Learning, JAIR 70, section 5.1: trace and sparsity.

    Examples
    --------
    >>> matrix = random_noise_matrix(4, noise=0.2, sparsity=0.5, rng=np.random.default_rng(0))
    >>> round(float(matrix.trace()), 9), int((matrix == 0).sum()), matrix.sum(axis=0).round(9).tolist()
    (3.2, 6, [1.0, 1.0, 1.0, 1.0])
    """
    for value in (noise, sparsity):
        _check_rate(value)
    if n_classes < 2:  # noqa: PLR2004 - with one class there is no noise
        raise InputError(f"no noise matrix of {n_classes} class", hint="two classes or more are needed")
    rates = _spread(n_classes, noise, rng)
    cells = n_classes * (n_classes - 1)
    keep = np.zeros((n_classes - 1, n_classes), dtype=np.bool_)
    keep[rng.integers(0, n_classes - 1, n_classes), np.arange(n_classes)] = True
    free = np.flatnonzero(~keep.reshape(-1))
    more = max(0, round((1 - sparsity) * cells) - n_classes)
    keep.reshape(-1)[rng.choice(free, size=min(more, len(free)), replace=False)] = True
    weights = np.where(keep, rng.exponential(size=keep.shape), 0.0)
    weights *= rates / weights.sum(axis=0)
    matrix = np.diag(1 - rates)
    matrix[~np.eye(n_classes, dtype=np.bool_)] = _below_and_above(weights)
    return matrix


def flip_by_matrix(labels: Labels, matrix: FloatArray, *, rng: np.random.Generator) -> tuple[Labels, Mask]:
    """Draw each given label from its true label's column of a noise matrix.

    Parameters
    ----------
    labels
        True labels, shape ``(n,)``, values in ``0..k-1``.
    matrix
        ``m[given, true]``, shape ``(k, k)``, each column sums to 1.
    rng
        Source of randomness.

    Returns
    -------
    tuple of (int array of shape (n,), bool array of shape (n,))
        The noisy labels and which of them differ from the true ones.

    Examples
    --------
    >>> swap = np.array([[0.0, 1.0], [1.0, 0.0]])
    >>> flip_by_matrix(np.array([0, 1, 1]), swap, rng=np.random.default_rng(0))[0]
    array([1, 0, 0])
    """
    if (matrix < 0).any() or np.abs(matrix.sum(axis=0) - 1).max() > 1e-6:  # noqa: PLR2004 - rounding
        raise InputError(
            "the noise matrix has negative entries or columns that do not sum to 1",
            hint="m[given, true] is the probability of the given label when the true one is known",
        )
    return _draw(labels, matrix.T[labels], rng)


def flip_by_instance(
    labels: Labels, pred_probs: Probs, *, rate: float, rng: np.random.Generator
) -> tuple[Labels, Mask]:
    """Flip the labels of rows that are hard to tell, to the class they are mistaken for.

    Parameters
    ----------
    labels
        True labels, shape ``(n,)``.
    pred_probs
        What somebody who labels might believe, shape ``(n, k)``: a row is flipped with a probability
        that grows with the belief in other classes, to one of them in proportion to it.
    rate
        Expected share of flipped rows, in 0..1; an impossible one (too few doubtful rows) is refused.
    rng
        Source of randomness.

    Returns
    -------
    tuple of (int array of shape (n,), bool array of shape (n,))
        The noisy labels and which of them were flipped.

    Examples
    --------
    >>> sure_and_torn = np.array([[1.0, 0.0], [0.5, 0.5]])
    >>> flip_by_instance(np.array([0, 0]), sure_and_torn, rate=0.5, rng=np.random.default_rng(0))[0]
    array([0, 1])
    """
    _check_rate(rate)
    rows = np.arange(len(labels))
    doubt = np.array(pred_probs, dtype=np.float64)
    doubt[rows, labels] = 0
    total = doubt.sum(axis=1)
    if rate > (total > 0).mean():
        raise InputError(
            f"{rate:.0%} of the rows cannot be flipped: only {(total > 0).mean():.0%} are in doubt at all",
            hint="take a lower rate, or softer probabilities",
        )
    chance = _scaled(total, rate)
    doubt *= (chance / np.where(total > 0, total, 1.0))[:, None]
    doubt[rows, labels] = 1 - chance
    return _draw(labels, doubt, rng)


def _scaled(doubt: FloatArray, rate: float) -> FloatArray:
    """Probabilities proportional to the doubt, capped at 1, whose mean is the rate."""
    low, high = 0.0, 1.0
    while np.minimum(doubt * high, 1).mean() < rate:
        high *= 2
        if high > 1e18:  # noqa: PLR2004 - every doubtful row is flipped by then
            break
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if np.minimum(doubt * middle, 1).mean() < rate else (low, middle)
    return np.minimum(doubt * high, 1.0)


def _draw(labels: Labels, chances: FloatArray, rng: np.random.Generator) -> tuple[Labels, Mask]:
    """Draw one class a row from `chances`, shape (n, k)."""
    upto = chances.cumsum(axis=1)
    at = rng.random(len(labels))[:, None] * upto[:, -1:]
    given = np.minimum((at >= upto).sum(axis=1), chances.shape[1] - 1)
    return given.astype(np.intp), np.asarray(given != labels)


def _spread(n_classes: int, noise: float, rng: np.random.Generator) -> FloatArray:
    """Noise rates of the classes: different, none over 1, with this mean."""
    # As far apart as the mean allows without leaving 0..1.
    offset = rng.uniform(-1, 1, n_classes)
    offset -= offset.mean()
    widest = np.abs(offset).max() or 1.0
    return noise + offset / widest * min(noise, 1 - noise) * 0.5


def _below_and_above(weights: FloatArray) -> FloatArray:
    """Put column entries (k-1, k) in the row-major order of a (k, k) matrix's off-diagonal."""
    k = weights.shape[1]
    full = np.zeros((k, k))
    for true in range(k):
        full[np.arange(k) != true, true] = weights[:, true]
    return np.asarray(full[~np.eye(k, dtype=np.bool_)])


def _check_rate(rate: float) -> None:
    if not 0 <= rate <= 1:
        raise InputError(f"a share of {rate} was asked for, wanted 0 to 1", hint="0.1 is a tenth")
