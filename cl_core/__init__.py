"""Confident-learning statistics and the contract that labelgate's plugins implement."""

from cl_core.baseline import Baseline, ClassFigures
from cl_core.context import Context
from cl_core.crossval import CrossValidated, cross_validate, cross_validated_probs
from cl_core.dataset import Dataset, Predictions, View
from cl_core.engine.plan import Plan
from cl_core.engine.source import BlockReader
from cl_core.errors import ConfigError, GateError, InputError, LabelgateError, PluginError
from cl_core.evidence import Evidence, assess
from cl_core.filters import find_label_issues, num_label_issues
from cl_core.health import Health, dataset_health, health_of
from cl_core.hooks import (
    Check,
    DatasetLoader,
    FinishedRun,
    Member,
    ModelBackend,
    NoiseEstimator,
    Progress,
    Publisher,
    UnfinishedRun,
    hookimpl,
)
from cl_core.inputs import check_inputs
from cl_core.joint import (
    Latent,
    calibrate_joint,
    class_prior,
    confident_joint,
    confident_thresholds,
    estimate_joint,
    estimate_latent,
    inverse_noise_matrix,
    noise_matrix,
    off_diagonal_rows,
)
from cl_core.media import Clips, MediaFiles
from cl_core.noise import ModelQuality, NoiseEstimate, estimate_noise_rate, model_quality
from cl_core.scores import ensemble_label_quality_scores, label_quality_scores, rank_label_issues
from cl_core.synthetic import flip_by_instance, flip_by_matrix, flip_labels, random_noise_matrix
from cl_core.telling import ConfusedPair, SuspectRow, Telling
from cl_core.verdict import (
    Breach,
    Failed,
    Judgement,
    Passed,
    Ruling,
    Severity,
    Undecided,
    Verdict,
    Waiver,
    WaiverUse,
)

__all__ = [
    "Baseline",
    "BlockReader",
    "Breach",
    "Check",
    "ClassFigures",
    "Clips",
    "ConfigError",
    "ConfusedPair",
    "Context",
    "CrossValidated",
    "Dataset",
    "DatasetLoader",
    "Evidence",
    "Failed",
    "FinishedRun",
    "GateError",
    "Health",
    "InputError",
    "Judgement",
    "LabelgateError",
    "Latent",
    "MediaFiles",
    "Member",
    "ModelBackend",
    "ModelQuality",
    "NoiseEstimate",
    "NoiseEstimator",
    "Passed",
    "Plan",
    "PluginError",
    "Predictions",
    "Progress",
    "Publisher",
    "Ruling",
    "Severity",
    "SuspectRow",
    "Telling",
    "Undecided",
    "UnfinishedRun",
    "Verdict",
    "View",
    "Waiver",
    "WaiverUse",
    "assess",
    "calibrate_joint",
    "check_inputs",
    "class_prior",
    "confident_joint",
    "confident_thresholds",
    "cross_validate",
    "cross_validated_probs",
    "dataset_health",
    "ensemble_label_quality_scores",
    "estimate_joint",
    "estimate_latent",
    "estimate_noise_rate",
    "find_label_issues",
    "flip_by_instance",
    "flip_by_matrix",
    "flip_labels",
    "health_of",
    "hookimpl",
    "inverse_noise_matrix",
    "label_quality_scores",
    "model_quality",
    "noise_matrix",
    "num_label_issues",
    "off_diagonal_rows",
    "random_noise_matrix",
    "rank_label_issues",
]
