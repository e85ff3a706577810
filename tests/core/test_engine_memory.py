"""Memory stays a few blocks and result columns, whatever the size of the probabilities."""

import tracemalloc
from typing import Any

import numpy as np
import pytest

import cl_core
from cl_core.filters import issues_of
from cl_core.reading import read

MEGABYTE = 1 << 20


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_no_copy_of_the_probabilities_is_made(dtype: Any) -> None:
    """Thresholds, joint, margins and flags of 300,000 x 100 need 64 MB and the result columns at most."""
    rng = np.random.default_rng(0)
    n, k = 300_000, 100
    true = rng.integers(0, k, n)
    labels, _ = cl_core.flip_labels(true, rate=0.1, n_classes=k, rng=rng)
    probs = np.full((n, k), 0.5 / (k - 1), dtype=dtype)
    probs[np.arange(n), true] = 0.5
    probs[::7] = dtype(1 / k)
    columns = n * (3 * 4 + 1 + 8 + 8)
    tracemalloc.start()
    try:
        reading = read(labels, probs, plan=cl_core.Plan(2), with_other=True)
        flags = issues_of(reading, "prune_by_noise_rate")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert flags.any()
    assert peak <= 64 * MEGABYTE + columns
