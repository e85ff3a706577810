"""Runs models that people brought: their errors in our words, the caller's random streams untouched."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from cl_core.errors import ConfigError, LabelgateError
from cl_core.types import FloatArray

_LONGEST = 300
_SUM_TOLERANCE = 5e-3  # what cl_core.inputs grants single precision


@contextmanager
def blaming(what: str, did: str, hint: str) -> Iterator[None]:
    """Turn a crash of a model that people brought into a `ConfigError` that names the model."""
    try:
        yield
    except LabelgateError:
        raise
    except Exception as error:
        raise ConfigError(f"{what} failed to {did}: {said(error)}", hint=hint) from error


def said(error: BaseException) -> str:
    """First paragraph of an error, cut: some libraries quote the whole data."""
    text = str(error).strip()
    if text.startswith("Failed to enforce schema"):  # MLflow puts all rows before the reason
        text = text.rpartition("Error: ")[2]
    first = text.partition("\n\n")[0]
    one_line = " ".join(first.split())
    cut = one_line if len(one_line) <= _LONGEST else f"{one_line[:_LONGEST]}..."
    return f"{type(error).__name__}: {cut}"


@contextmanager
def seeded_streams(seed: int) -> Iterator[None]:
    """Seed the global streams of Python and NumPy for the block, and put the caller's back."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - user code may draw from it
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002


def check_fold(probs: FloatArray, n_rows: int, n_classes: int, model: str) -> FloatArray:
    """Refuse what is no probability distribution over `n_classes` for each of `n_rows` rows.

    Returns the probabilities as float64, rows divided by their sum.
    """
    found = np.asarray(probs, dtype=np.float64)
    if found.shape != (n_rows, n_classes):
        raise ConfigError(
            f"{model} returned probabilities of shape {found.shape}, wanted {(n_rows, n_classes)}: "
            "rows by classes",
            hint="take a classifier that gives one probability a class",
        )
    sums = found.sum(axis=1)
    bad = ~np.isfinite(found).all(axis=1) | (found < 0).any(axis=1) | ~(np.abs(sums - 1) <= _SUM_TOLERANCE)
    if bad.any():
        row = int(bad.argmax())
        raise ConfigError(
            f"{model} returned {int(bad.sum()):,} rows of {n_rows:,} that are no probabilities; the first: "
            f"{np.array2string(found[row, :5], precision=3)}",
            hint="check that it converges (a smaller learning rate), and that it returns probabilities",
        )
    divided: FloatArray = found / sums[:, None]
    return divided
