"""The loader ``bundled``: real data offline, with known errors on request."""

import numpy as np
import pytest
from pydantic import ValidationError

from cl_core.testing import check_loader
from cl_plugins.builtin import labelgate_dataset_loaders
from cl_plugins.loaders.bundled import load_bundled
from cl_plugins.loaders.options import BundledOptions


@pytest.mark.parametrize(
    ("name", "rows", "classes", "modality"),
    [
        ("digits", 1797, 10, "image"),
        ("iris", 150, 3, "table"),
        ("wine", 178, 3, "table"),
        ("breast_cancer", 569, 2, "table"),
    ],
)
def test_every_set_keeps_the_contract(name: str, rows: int, classes: int, modality: str) -> None:
    """Rows, classes and kind of the data are as scikit-learn documents them."""
    *_, bundled = labelgate_dataset_loaders()
    data = check_loader(bundled, {"name": name})
    assert (data.n_rows, data.n_classes, data.modality) == (rows, classes, modality)
    assert data.true_labels is None


def test_the_digits_are_pictures() -> None:
    """Pictures of 8 by 8, so that a report can show them."""
    assert load_bundled(BundledOptions()).features.shape == (1797, 8, 8)


def test_injected_errors_are_known() -> None:
    """A tenth of the labels is moved, exactly; the right ones go along; the seed decides which."""
    data, clean = load_bundled(BundledOptions(inject_noise=0.1)), load_bundled(BundledOptions())
    assert int((data.labels != data.true_labels).sum()) == 180
    assert np.array_equal(np.asarray(data.true_labels), clean.labels)
    assert data.fingerprint != clean.fingerprint
    other = load_bundled(BundledOptions(inject_noise=0.1, seed=1))
    assert not np.array_equal(data.labels, other.labels)


def test_options_are_checked() -> None:
    """An unknown set, key or share of noise is refused before anything is loaded."""
    for bad in ({"name": "mnist"}, {"inject_noise": 1.5}, {"noise": 0.1}):
        with pytest.raises(ValidationError):
            BundledOptions.model_validate(bad)
