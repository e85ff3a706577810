"""The built-in noise estimators read one model or several."""

import numpy as np
import pytest

from cl_core import ConfigError, Predictions, View
from cl_core.testing import sample_probabilities
from cl_plugins.noise_estimators import EstimatorOptions, noise_estimators

ESTIMATORS = {estimator.name: estimator for estimator in noise_estimators()}


def seen_by(n_models: int) -> tuple[np.ndarray, Predictions]:
    """Labels of which a tenth is wrong, and models that are sure of the true class."""
    labels, probs = sample_probabilities(n_rows=3000)
    views = tuple(View(f"model {i}", probs) for i in range(n_models))
    return labels, Predictions(probs, out_of_sample=None, model="sample", views=views)


def test_views_takes_the_label_and_each_model_for_a_judge() -> None:
    """Two models that name the true class outvote the wrong labels: a tenth of them."""
    labels, predictions = seen_by(2)
    found = ESTIMATORS["views"].estimate(labels, predictions, EstimatorOptions())
    assert found.method == "views"
    assert found.rate == pytest.approx(0.1, abs=0.005)


def test_views_of_one_model_are_refused() -> None:
    """Two judges leave open which is wrong; the hint names the ensemble."""
    labels, predictions = seen_by(0)
    with pytest.raises(ConfigError, match="got one model") as raised:
        ESTIMATORS["views"].estimate(labels, predictions, EstimatorOptions())
    assert "backend: ensemble" in raised.value.hint


def test_auto_lets_the_models_vote_where_there_are_several() -> None:
    """The vote is on record beside the rate."""
    for n_models, voted in ((0, False), (2, True)):
        labels, predictions = seen_by(n_models)
        found = ESTIMATORS["auto"].estimate(labels, predictions, EstimatorOptions())
        assert ("views" in dict(found.others)) is voted
