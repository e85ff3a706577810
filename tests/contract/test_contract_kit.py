"""The checks for plugin authors catch the faults they are there for."""

import random
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel, ConfigDict, Field

from cl_checks.builtin import labelgate_checks
from cl_core import (
    Check,
    Dataset,
    DatasetLoader,
    Failed,
    InputError,
    ModelBackend,
    NoiseEstimate,
    NoiseEstimator,
    Passed,
    Predictions,
    Progress,
    estimate_noise_rate,
)
from cl_core.testing import (
    ContractError,
    check_backend,
    check_check,
    check_estimator_plugin,
    check_loader,
    sample_dataset,
)
from cl_plugins.builtin import labelgate_model_backends
from cl_plugins.noise_estimators import noise_estimators


class NoOptions(BaseModel):
    """Nothing to choose."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LooseOptions(BaseModel):
    """Lets unknown keys pass."""


class BareOptions(NoOptions):
    """An option without a description."""

    depth: int = 3


class PathOptions(NoOptions):
    """A file to read."""

    path: Path = Field(description="the file")


def centroid(data: Dataset, *, learn: Any) -> Any:
    """Share of each class by nearness to its centre, learned from the rows `learn`."""
    rows = data.features.to_numpy()
    labels = data.labels[learn]
    centres = np.stack([rows[learn][labels == c].mean(axis=0) for c in range(data.n_classes)])
    distance = np.linalg.norm(rows[:, None] - centres, axis=2)
    nearness = np.exp(distance.min(axis=1, keepdims=True) - distance)
    return nearness / nearness.sum(axis=1, keepdims=True)


def honest(data: Dataset, _options: Any, progress: Progress) -> Predictions:
    """Two halves, each predicted from the other."""
    if data.features is None or np.bincount(data.labels, minlength=data.n_classes).min() < 2:
        raise InputError("nothing to learn from", hint="bring rows")
    groups = np.arange(data.n_rows) if data.groups is None else data.groups
    second_half = np.unique(groups, return_inverse=True)[1] * 2 >= len(np.unique(groups))
    return halves(data, second_half, progress)


def halves(data: Dataset, second_half: Any, progress: Progress) -> Predictions:
    """Predict each half of the rows from the other."""
    probs = np.where(
        second_half[:, None], centroid(data, learn=~second_half), centroid(data, learn=second_half)
    )
    progress(1, 1, "done")
    return Predictions(probs, out_of_sample=True, model="centroids")


def in_sample(data: Dataset, options: Any, progress: Progress) -> Predictions:
    """Remember every label."""
    found = honest(data, options, progress)
    seen = np.eye(data.n_classes)[data.labels] * 0.98 + 0.02 / data.n_classes
    return replace(found, pred_probs=seen)


def unseeded(data: Dataset, options: Any, progress: Progress) -> Predictions:
    """Other bits at every call."""
    found = honest(data, options, progress)
    mix = 1e-6 * np.random.default_rng().random()
    return replace(found, pred_probs=found.pred_probs * (1 - mix) + mix / data.n_classes)


def global_stream(data: Dataset, options: Any, progress: Progress) -> Predictions:
    """Reset the caller's random numbers."""
    np.random.seed(0)  # noqa: NPY002
    return honest(data, options, progress)


def sorted_columns(data: Dataset, options: Any, progress: Progress) -> Predictions:
    """Columns by name and not by class number."""
    found = honest(data, options, progress)
    return replace(found, pred_probs=found.pred_probs[:, np.argsort(data.classes)])


def quiet(data: Dataset, options: Any, _progress: Progress) -> Predictions:
    """Never report progress."""
    return honest(data, options, lambda *_: None)


def unnormalised(data: Dataset, options: Any, progress: Progress) -> Predictions:
    """Rows that sum to 2."""
    found = honest(data, options, progress)
    return replace(found, pred_probs=found.pred_probs * 2)


def grouped_apart(data: Dataset, _options: Any, progress: Progress) -> Predictions:
    """Hold rows out, but learn from other rows of their group."""
    if data.features is None or np.bincount(data.labels, minlength=data.n_classes).min() < 2:
        raise InputError("nothing to learn from", hint="bring rows")
    return halves(data, np.arange(data.n_rows) * 2 >= data.n_rows, progress)


def first_class(data: Dataset, options: Any, progress: Progress) -> Predictions:
    """Lean towards class number 0."""
    found = honest(data, options, progress)
    lean = np.eye(data.n_classes)[0]
    return replace(found, pred_probs=0.6 * found.pred_probs + 0.4 * lean)


def python_stream(data: Dataset, options: Any, progress: Progress) -> Predictions:
    """Draw from Python's own global random numbers."""
    random.random()  # noqa: S311
    return honest(data, options, progress)


def as_list(data: Dataset, options: Any, progress: Progress) -> Predictions:
    """Return nested lists."""
    found = honest(data, options, progress)
    return replace(found, pred_probs=found.pred_probs.tolist())


def as_text(data: Dataset, options: Any, progress: Progress) -> Predictions:
    """Say yes in words."""
    return replace(honest(data, options, progress), out_of_sample="yes")  # type: ignore[arg-type]


def one_short(data: Dataset, options: Any, progress: Progress) -> Predictions:
    """Lose the last row."""
    found = honest(data, options, progress)
    return replace(found, pred_probs=found.pred_probs[:-1])


def without_hint(data: Dataset, options: Any, progress: Progress) -> Predictions:
    """Refuse without a word on what to do."""
    if data.features is None:
        raise InputError("no features")
    return honest(data, options, progress)


def crashing(data: Dataset, options: Any, progress: Progress) -> Predictions:
    """End in an error that is not ours when there are no features."""
    if data.features is None:
        raise TypeError("NoneType has no len()")
    return honest(data, options, progress)


def changing(data: Dataset, options: Any, progress: Progress) -> Predictions:
    """Write into the caller's features."""
    found = honest(data, options, progress)
    if data.features is not None:
        data.features.iloc[0, 0] += 1.0
    return found


def test_an_honest_backend_keeps_the_contract() -> None:
    """The checks pass a backend without faults."""
    check_backend(ModelBackend("honest", "two halves", NoOptions, honest), worker=False)


@pytest.mark.parametrize(
    ("predict", "said"),
    [
        (in_sample, "of labels drawn by lot"),
        (unseeded, "different bits"),
        (global_stream, "global random stream"),
        (python_stream, "global random stream"),
        (grouped_apart, "of labels drawn by lot for whole groups"),
        (first_class, "no class number may be special"),
        (as_list, "gave a list for pred_probs"),
        (as_text, "says out_of_sample='yes'"),
        (one_short, r"gave probabilities of shape \(239, 3\)"),
        (without_hint, "has no hint"),
        (sorted_columns, "in the order of dataset.classes"),
        (quiet, "never reports progress"),
        (unnormalised, "do not sum to 1"),
        (crashing, "ended in TypeError"),
        (changing, "changes the data set's features"),
    ],
)
def test_each_fault_of_a_backend_is_caught(predict: Callable[..., Predictions], said: str) -> None:
    """One fault each, found and named."""
    with pytest.raises(ContractError, match=said):
        check_backend(ModelBackend("faulty", "one fault", NoOptions, predict), worker=False)


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (ModelBackend("two words", "x", NoOptions, honest), "is not one word"),
        (ModelBackend("x", "", NoOptions, honest), "summary must be one line"),
        (ModelBackend("x", "x", LooseOptions, honest), "let unknown keys pass"),
        (ModelBackend("x", "x", BareOptions, honest), "option 'depth' is described neither"),
        (
            ModelBackend("x", "x", NoOptions, lambda data, _, progress: honest(data, None, progress)),
            "cannot be pickled",
        ),
    ],
)
def test_each_fault_of_a_record_is_caught(record: ModelBackend, said: str) -> None:
    """Names, summaries, options and functions that cannot travel."""
    with pytest.raises(ContractError, match=said):
        check_backend(record, worker=False)


def load_nothing(_options: Any) -> Dataset:
    """Load the sample, from a module that other processes do not have."""
    return sample_dataset()


FAR = """
from cl_core import Predictions
from cl_plugins.backends.tabular import predict_tabular

def by_hash(data, options, progress):
    found = predict_tabular(data, options, progress)
    mix = abs(hash("salt")) % 1000 / 1e9
    return Predictions(found.pred_probs * (1 - mix) + mix / data.n_classes, True, "salted")
"""


def test_faults_that_only_another_process_shows_are_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bits that hang on the hash of a string, and a function that no other process can import."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    (tmp_path / "far_module.py").write_text(FAR)
    tabular = {backend.name: backend for backend in labelgate_model_backends()}["tabular"]
    salted = replace(tabular, predict=import_module("far_module").by_hash)
    options = {"estimator": "logistic", "folds": 2}
    with pytest.raises(ContractError, match="another process gave different bits"):
        check_backend(salted, options)

    ghost = ModuleType("ghost_module")
    monkeypatch.setattr(load_nothing, "__module__", "ghost_module")
    ghost.load_nothing = load_nothing  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ghost_module", ghost)
    with pytest.raises(ContractError, match="does not run in a worker process"):
        check_loader(DatasetLoader("ghost", "nowhere", NoOptions, load_nothing), {}, worker=True)


def load_in_sum(options: PathOptions) -> Dataset:
    """Give every file the same fingerprint, and remember nothing of it."""
    if not options.path.exists() or not options.path.stat().st_size:
        raise InputError("no file", hint="bring one")
    return sample_dataset()


def load_by_name(options: PathOptions) -> Dataset:
    """Take the fingerprint from the file's name."""
    if not options.path.exists() or not options.path.stat().st_size:
        raise InputError("no file", hint="bring one")
    return replace(sample_dataset(), fingerprint=options.path.name)


def load_anything(_options: PathOptions) -> Dataset:
    """Make do with a file that is not there."""
    return sample_dataset()


def test_faults_of_loaders_are_caught(tmp_path: Path) -> None:
    """A fingerprint of the name, and a missing file that nobody minds."""
    (tmp_path / "a.txt").write_text("something")
    for load, said in (
        (load_in_sum, "half the file has the fingerprint of the whole"),
        (load_by_name, "depends on the file's name"),
        (load_anything, "a missing file was accepted"),
    ):
        loader = DatasetLoader("faulty", "one fault", PathOptions, load, (".txt",))
        with pytest.raises(ContractError, match=said):
            check_loader(loader, {"path": tmp_path / "a.txt"})


def estimate(labels: Any, predictions: Predictions, _options: Any, /) -> NoiseEstimate:
    """Say what the confident joint says."""
    return estimate_noise_rate(labels, predictions.pred_probs, method="confident_joint")


def estimate_as_of_old(labels: Any, pred_probs: Any, _options: Any, /) -> NoiseEstimate:
    """Take the array itself, as in 0.1."""
    return estimate_noise_rate(labels, pred_probs, method="confident_joint")


def by_order(labels: Any, predictions: Predictions, _options: Any, /) -> NoiseEstimate:
    """Judge the first rows only."""
    found = estimate_noise_rate(labels[:50], predictions.pred_probs[:50], method="confident_joint")
    return replace(found, n_rows=len(labels))


def test_noise_estimators_are_held_against_the_contract() -> None:
    """The order of rows must not matter; today's form and that of 0.1 are both taken."""
    new = check_estimator_plugin(NoiseEstimator("joint", "the joint", NoOptions, estimate))
    old = check_estimator_plugin(NoiseEstimator("joint", "the joint", NoOptions, estimate_as_of_old))
    assert new.rate == old.rate
    with pytest.raises(ContractError, match="order of rows"):
        check_estimator_plugin(NoiseEstimator("first", "first rows", NoOptions, by_order))


@pytest.mark.parametrize("estimator", list(noise_estimators()), ids=lambda estimator: estimator.name)
def test_the_built_in_estimators_keep_the_contract(estimator: NoiseEstimator) -> None:
    """Those of several models, too."""
    check_estimator_plugin(estimator)


def pass_as_other(_evidence: Any, _options: Any) -> Passed:
    """Carry another check's code."""
    return Passed("XX999", "other", "all fine")


def fail_without_remedy(_evidence: Any, _options: Any) -> Failed:
    """Leave people alone with the failure."""
    return Failed("XX001", "mute", "not fine")


def test_checks_are_held_against_the_contract() -> None:
    """A foreign code and a missing remedy are caught."""
    for check, said in ((pass_as_other, "carries the code 'XX999'"), (fail_without_remedy, "no remedy")):
        with pytest.raises(ContractError, match=said):
            check_check(Check("XX001", "mute", "one fault", NoOptions, check))


@pytest.mark.parametrize("check", list(labelgate_checks()), ids=lambda check: check.code)
def test_the_built_in_checks_keep_the_contract(check: Check) -> None:
    """The checks that come with labelgate go through the authors' own test."""
    needed: dict[str, dict[str, Any]] = {
        "noise-budget": {"max_noise_rate": 0.05},
        "slice-noise": {"columns": ["group"]},
        "flagged-rows": {"max_share": 0.2},
    }
    check_check(check, needed.get(check.name))
