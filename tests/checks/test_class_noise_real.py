"""Intervals of classes where the truth is known: CIFAR-10 with synthetic and human noise, and digits."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from cl_checks.class_noise import ClassNoiseOptions, check_class_noise
from cl_checks.rates import class_rates
from cl_core import Failed, assess
from cl_core.types import Labels, Probs


def held(labels: Labels, probs: Probs, true: Labels) -> tuple[int, bool]:
    """Count the classes that lie in their intervals, and look for an alarm at the worst class's own rate."""
    wide = probs.astype(np.float64)
    evidence = assess(labels, wide / wide.sum(axis=1, keepdims=True))
    truth = np.array([(true[labels == j] != j).mean() for j in range(wide.shape[1])])
    rates = [rate for rate in class_rates(evidence, parts=len(truth)) if rate is not None]
    inside = sum(rate.low <= share <= rate.high for rate, share in zip(rates, truth, strict=True))
    options = ClassNoiseOptions(max_noise_rate=min(1.0, float(truth.max()) + 0.001))
    return inside, isinstance(check_class_noise(evidence, options), Failed)


@pytest.mark.parametrize("sparsity", ["00", "20", "40", "60"])
@pytest.mark.parametrize("noise", ["20", "40"])
def test_classes_of_cifar10_lie_in_their_intervals(real_data: Path, noise: str, sparsity: str) -> None:
    """Nine of ten at the least, and no false alarm at the worst class's own rate."""
    data = np.load(real_data / "cifar10_synthetic_noise.npz")
    name = f"noise{noise}_sparsity{sparsity}"
    found = held(data[f"{name}/given_labels"], data[f"{name}/pred_probs"], data["true_labels"])
    assert found[0] >= 9
    assert not found[1]


@pytest.mark.parametrize("labels", ["aggregate", "worst"])
@pytest.mark.parametrize("model", ["resnet18", "efficientnet_b1"])
def test_classes_that_people_labelled_lie_in_their_intervals(
    real_data: Path, labels: str, model: str
) -> None:
    """Human errors, 9 % and 40 % of the labels."""
    data = np.load(real_data / "cifar10n_human_noise.npz")
    found = held(data[f"{labels}/given_labels"], data[f"{labels}/pred_probs_{model}"], data["true_labels"])
    assert found[0] >= 9
    assert not found[1]


@pytest.mark.parametrize("seed", [1, 2])
def test_classes_of_digits_lie_in_their_intervals(seed: int) -> None:
    """2, 5 or 30 % of a class go to one other: data that had no part in choosing the interval's width."""
    pixels, true = load_digits(return_X_y=True)
    rng = np.random.default_rng(seed)
    rates, step = rng.choice([0.02, 0.05, 0.3], 10), rng.integers(1, 9, 10)
    moved = rng.random(len(true)) < rates[true]
    labels = np.where(moved, (true + step[true]) % 10, true)
    model = LogisticRegression(max_iter=300)
    probs = cross_val_predict(model, pixels / 16, labels, cv=5, method="predict_proba")
    found = held(labels.astype(np.intp), probs, true)
    assert found[0] >= 9
    assert not found[1]
