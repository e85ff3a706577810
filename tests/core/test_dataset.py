"""The record a loader hands on refuses what no later step could make sense of."""

from typing import Any

import numpy as np
import pytest

from cl_core import Dataset, InputError

SOUND: dict[str, Any] = {
    "name": "pets",
    "ids": np.arange(3),
    "labels": np.array([0, 1, 0]),
    "classes": ("cat", "dog"),
    "features": None,
    "modality": "none",
    "fingerprint": "abc",
}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"labels": np.zeros(0, dtype=int), "ids": np.arange(0)}, "no labelled rows"),
        ({"ids": np.arange(4)}, "3 labels but 4 ids"),
        ({"ids": np.array([1, 1, 2])}, "not unique: 3 rows, 2 different"),
        ({"pred_probs": np.ones((2, 2))}, "3 labels but 2 pred_probs"),
        ({"classes": ("cat", "d\ud800g")}, "half a character"),
    ],
)
def test_a_data_set_that_does_not_fit_together_is_refused(change: dict[str, Any], says: str) -> None:
    """The error names the data set and the part."""
    with pytest.raises(InputError, match=says) as refused:
        Dataset(**{**SOUND, **change})
    assert "pets" in str(refused.value)
    assert refused.value.hint


def test_sizes_are_read_off() -> None:
    """Rows and classes, those without a row included."""
    dataset = Dataset(**{**SOUND, "classes": ("cat", "dog", "eel")})
    assert (dataset.n_rows, dataset.n_classes) == (3, 3)
