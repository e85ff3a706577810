"""The estimate from several models: given label and every model's best class as judges. No fitting here."""

from collections.abc import Sequence

import numpy as np

from cl_core.errors import InputError
from cl_core.inputs import check_pred_probs
from cl_core.noise.curve import predictions
from cl_core.noise.dawid_skene import consensus
from cl_core.noise.interval import wilson
from cl_core.noise.record import NoiseEstimate
from cl_core.types import Labels, Probs


def by_views(labels: Labels, models: Sequence[Probs], confidence: float) -> NoiseEstimate:
    """Fit Dawid and Skene's model to the given labels and the best classes of two models or more.

    Right when the models err independently of one another and of the people who labelled; models
    that share errors (the same architecture, the same noisy labels) push it up. The interval
    (Wilson's) covers sampling only.
    """
    if len(models) < 2:  # noqa: PLR2004 - two views of a label leave its error rate open, three do not
        raise InputError(
            f"method 'views' got probabilities of {len(models)} model, wanted 2 or more",
            hint="pass the other models' probabilities of the same rows with views=[...]",
        )
    votes = np.stack([labels, *(predictions(probs)[0] for probs in models)], axis=1)
    found = consensus(votes, models[0].shape[1])
    rate = found.disagreement
    low, high = wilson(rate, len(labels), confidence)
    return NoiseEstimate(rate, low, high, confidence, "views", len(labels), found.joint)


def check_views(pred_probs: Probs, views: Sequence[Probs]) -> list[Probs]:
    """Check that every view has the shape of `pred_probs` and holds probabilities."""
    models = [pred_probs]
    for number, view in enumerate(views):
        checked = check_pred_probs(view)
        if checked.shape != pred_probs.shape:
            raise InputError(
                f"views[{number}] has shape {checked.shape}, pred_probs has {pred_probs.shape}",
                hint="all models must judge the same rows and classes in the same order",
            )
        models.append(checked)
    return models
