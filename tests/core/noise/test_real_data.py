"""The noise rate on real probabilities with known label errors; skipped where the data are absent.

Only loose bounds: the published figures come from ``benchmarks/noise_rate.py``.
"""

from pathlib import Path

import numpy as np
import pytest

from cl_core import estimate_noise_rate


def _read(path: Path, labels: str, probs: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if not path.is_file():
        pytest.skip(f"no {path.name} in {path.parent}: set LABELGATE_DATA")
    with np.load(path) as arrays:
        wide = arrays[probs].astype(np.float32)
        wide /= wide.sum(axis=1, keepdims=True)
        return arrays[labels].astype(np.intp), wide, arrays["true_labels"].astype(np.intp)


def _synthetic(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return _read(folder / "cifar10_synthetic_noise.npz", f"{name}/given_labels", f"{name}/pred_probs")


def test_spotless_labels_are_called_nearly_spotless(real_data: Path) -> None:
    """A model that contradicts 14 % of spotless labels leads to at most 2 points of noise."""
    labels, probs, _ = _synthetic(real_data, "noise00_sparsity00")
    found = estimate_noise_rate(labels, probs)
    assert found.rate <= 0.02
    assert found.low == 0


@pytest.mark.parametrize("name", ["noise20_sparsity00", "noise20_sparsity60", "noise40_sparsity40"])
def test_class_conditional_noise_lies_in_the_interval(real_data: Path, name: str) -> None:
    """The truth is inside, and the rate is nearer to it than the paper's."""
    labels, probs, true = _synthetic(real_data, name)
    truth = (labels != true).mean()
    found, paper = (estimate_noise_rate(labels, probs, method=m) for m in ("auto", "confident_joint"))
    assert found.low <= truth <= found.high
    assert abs(found.rate - truth) < abs(paper.rate - truth)


def test_two_models_come_closer_to_people_s_errors(real_data: Path) -> None:
    """Nine per cent of wrong labels: one model alone sees less than half, two see most."""
    path = real_data / "cifar10n_human_noise.npz"
    labels, first, true = _read(path, "aggregate/given_labels", "aggregate/pred_probs_resnet18")
    _, second, _ = _read(path, "aggregate/given_labels", "aggregate/pred_probs_efficientnet_b1")
    truth = (labels != true).mean()
    one, two = estimate_noise_rate(labels, first), estimate_noise_rate(labels, first, views=[second])
    assert abs(two.rate - truth) < abs(one.rate - truth)
    assert one.low <= truth <= one.high
    assert two.low <= truth <= two.high
