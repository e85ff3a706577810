"""A model backend: how near each row is to the centre of each class."""

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from cl_core import Dataset, InputError, Predictions, Progress


class CentroidOptions(BaseModel):
    """Options of the backend ``acme-centroid``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folds: int = Field(4, ge=2, description="parts of the data; each is predicted from the others")
    seed: int = Field(0, ge=0, description="of the parts")


def predict_centroid(dataset: Dataset, options: CentroidOptions, progress: Progress) -> Predictions:
    """Predict each part of the rows from the class centres of the other parts."""
    if dataset.modality not in ("table", "array"):
        raise InputError(
            f"acme-centroid got {dataset.modality!r} data, wanted a table or an array of numbers",
            hint="choose another backend with model.backend",
        )
    rows = np.asarray(dataset.features, dtype=np.float64)
    groups = np.arange(len(rows)) if dataset.groups is None else np.asarray(dataset.groups)
    number = np.unique(groups, return_inverse=True)[1]  # rows of a group share a part
    part = np.random.default_rng(options.seed).permutation(number.max() + 1)[number] % options.folds
    probs = np.empty((dataset.n_rows, dataset.n_classes))
    for fold in range(options.folds):
        progress(fold, options.folds, f"part {fold + 1}")
        learn, judge = part != fold, part == fold
        distance = np.full((int(judge.sum()), dataset.n_classes), np.inf)
        for number in np.unique(dataset.labels[learn]):
            centre = rows[learn & (dataset.labels == number)].mean(axis=0)
            distance[:, number] = np.linalg.norm(rows[judge] - centre, axis=1)
        closeness = np.exp(distance.min(axis=1, keepdims=True) - distance)
        probs[judge] = closeness / closeness.sum(axis=1, keepdims=True)
    progress(options.folds, options.folds, "done")
    return Predictions(probs, out_of_sample=True, model=f"nearest centroid, {options.folds} parts")
