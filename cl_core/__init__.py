"""Confident-learning statistics and the contract that labelgate's plugins implement."""

from cl_core.dataset import Dataset, Predictions
from cl_core.errors import ConfigError, GateError, InputError, LabelgateError, PluginError
from cl_core.evidence import Evidence, assess
from cl_core.filters import find_label_issues
from cl_core.hooks import (
    Check,
    DatasetLoader,
    FinishedRun,
    ModelBackend,
    NoiseEstimator,
    Progress,
    Publisher,
    hookimpl,
)
from cl_core.joint import (
    class_prior,
    confident_joint,
    confident_thresholds,
    estimate_joint,
    inverse_noise_matrix,
    noise_matrix,
)
from cl_core.noise import ModelQuality, NoiseEstimate, estimate_noise_rate, model_quality
from cl_core.scores import label_quality_scores, rank_label_issues
from cl_core.synthetic import flip_labels
from cl_core.verdict import Failed, Judgement, Passed, Undecided, Verdict

__all__ = [
    "Check",
    "ConfigError",
    "Dataset",
    "DatasetLoader",
    "Evidence",
    "Failed",
    "FinishedRun",
    "GateError",
    "InputError",
    "Judgement",
    "LabelgateError",
    "ModelBackend",
    "ModelQuality",
    "NoiseEstimate",
    "NoiseEstimator",
    "Passed",
    "PluginError",
    "Predictions",
    "Progress",
    "Publisher",
    "Undecided",
    "Verdict",
    "assess",
    "class_prior",
    "confident_joint",
    "confident_thresholds",
    "estimate_joint",
    "estimate_noise_rate",
    "find_label_issues",
    "flip_labels",
    "hookimpl",
    "inverse_noise_matrix",
    "label_quality_scores",
    "model_quality",
    "noise_matrix",
    "rank_label_issues",
]
