"""A distribution whose plugins do what plugins must not do; which fault is an option."""

import os
import sys
import time
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from cl_core import (
    Check,
    DatasetLoader,
    ModelBackend,
    NoiseEstimate,
    NoiseEstimator,
    Predictions,
    Publisher,
    hookimpl,
)


class ChaosOptions(BaseModel):
    """Options of every plugin here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    does: str = Field("crash", description="what goes wrong")


def misbehave(does: str) -> None:
    """Go wrong in a way that any plugin can."""
    match does:
        case "crash":
            raise ZeroDivisionError("division by zero in chaos")
        case "sys.exit":
            sys.exit(0)
        case "os._exit":
            os._exit(0)
        case "hang":
            time.sleep(600)
        case "slow":
            time.sleep(4)
        case "memory":
            np.ones((1 << 40, 1 << 10))
        case _:  # the function itself goes wrong, each in its own way
            pass


def load(options: ChaosOptions) -> Any:
    misbehave(options.does)
    return {"rows": 3}


def predict(dataset: Any, options: ChaosOptions, _progress: Any) -> Any:
    misbehave(options.does)
    n, k = dataset.n_rows, dataset.n_classes
    fair = np.full((n, k), 1 / k)
    sure = np.eye(k)[dataset.labels] * 0.98 + 0.02 / k
    answers = {
        "nothing": None,
        "bare array": fair,
        "too few rows": fair[:-1],
        "too many columns": np.full((n, k + 1), 1 / (k + 1)),
        "NaN": np.where(np.arange(n)[:, None] == 3, np.nan, fair),
        "infinity": np.where(np.arange(n)[:, None] == 3, np.inf, fair),
        "negative": fair - 0.5,
        "logits": np.eye(k)[dataset.labels] * 9,
        "objects": fair.astype(object),
        "guesses": fair,
        "slow": fair,
        "parrots": sure,
        "wrong order": np.roll(sure, 1, axis=1),
    }
    answer = answers[options.does]
    if answer is None or options.does == "bare array":
        return answer
    seen = {"parrots": False}.get(options.does, True)
    return Predictions(answer, out_of_sample=seen, model="chaos")


def estimate(labels: Any, _predictions: Any, options: ChaosOptions) -> Any:
    misbehave(options.does)
    if options.does == "not a number":
        return NoiseEstimate(float("nan"), 0.0, 1.0, 0.9, "chaos", len(labels))
    return 0.0


def check(_evidence: Any, options: ChaosOptions) -> Any:
    misbehave(options.does)
    return True


def publish(_run: Any, options: ChaosOptions) -> None:
    misbehave(options.does)


@hookimpl
def labelgate_dataset_loaders() -> Any:
    yield DatasetLoader("chaos", "goes wrong", ChaosOptions, load)


@hookimpl
def labelgate_model_backends() -> Any:
    yield ModelBackend("chaos", "goes wrong", ChaosOptions, predict)


@hookimpl
def labelgate_noise_estimators() -> Any:
    yield NoiseEstimator("chaos", "goes wrong", ChaosOptions, estimate)


@hookimpl
def labelgate_checks() -> Any:
    yield Check("CH001", "chaos", "goes wrong", ChaosOptions, check)


@hookimpl
def labelgate_publishers() -> Any:
    yield Publisher("chaos", "goes wrong", ChaosOptions, publish)
