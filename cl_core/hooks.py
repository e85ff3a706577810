"""The plugin contract: hook specifications and the records that plugins return. No discovery."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import pluggy

from cl_core.baseline import Baseline
from cl_core.dataset import Dataset, Predictions
from cl_core.evidence import Evidence
from cl_core.noise.record import NoiseEstimate
from cl_core.telling import ConfusedPair, SuspectRow, Telling, When
from cl_core.types import Labels
from cl_core.verdict import Judgement, Verdict

if TYPE_CHECKING:
    from pydantic import BaseModel

NAME = "labelgate"
hookspec = pluggy.HookspecMarker(NAME)
hookimpl = pluggy.HookimplMarker(NAME)

Progress: TypeAlias = Callable[[int, int, str], None]  # steps done, steps in all, what is being done


@dataclass(frozen=True, slots=True)
class DatasetLoader:
    """Reads a labelled data set.

    `load` gets the validated `options` and returns a `Dataset`. A path whose name ends in one of
    `suffixes` (lower case, with the dot) is read by this loader unless the user names another;
    the options of such a loader must have a field ``path``. With `folders` it is also offered a folder
    that holds such files more than others. `requires` names the modules that it
    imports and a bare installation lacks; `extra` is what to install for them, ``labelgate[sql]``.
    """

    name: str
    summary: str
    options: "type[BaseModel]"
    load: Callable[[Any], Dataset]
    suffixes: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    extra: str = ""
    folders: bool = False


@dataclass(frozen=True, slots=True)
class ModelBackend:
    """Turns a data set into class probabilities.

    `predict` gets the data set, the validated `options` and a function to report progress to, and
    returns `Predictions`: one row a row of the data set, one column a class, rows that sum to 1.
    `requires` names the modules that it imports and a bare installation lacks; `extra` is what to
    install for them, ``labelgate[onnx]``. A backend that may answer differently next time, such as a
    model behind a URL, says ``repeatable=False``, or gives a function that tells it from the options:
    its answers are then not kept for the next run. ``cheap=True`` says that keeping them costs more
    than asking again.
    """

    name: str
    summary: str
    options: "type[BaseModel]"
    predict: Callable[[Dataset, Any, Progress], Predictions]
    requires: tuple[str, ...] = ()
    extra: str = ""
    repeatable: bool | Callable[[Any], bool] = True
    cheap: bool = False

    def repeats(self, options: Any) -> bool:
        """Whether the same data and `options` give the same answer next time."""
        return self.repeatable(options) if callable(self.repeatable) else self.repeatable


@dataclass(frozen=True, slots=True)
class Member:
    """A backend inside another backend's options: with its own, validated, and who offers it.

    An options model says ``tuple[InstanceOf[Member], ...]``; in gate.yaml people write
    ``{backend: NAME, ...}``, and the plan finds and validates it before anything is read.
    """

    backend: ModelBackend
    options: Any
    distribution: str = "unknown"


class Estimate(Protocol):
    """How a noise estimator is called."""

    def __call__(self, labels: Labels, predictions: Predictions, options: Any, /) -> NoiseEstimate:
        """Estimate the noise rate of `labels`, shape (n,), from what one model or several say."""
        ...


@dataclass(frozen=True, slots=True)
class NoiseEstimator:
    """Estimates the share of wrong labels.

    `estimate` gets the given labels, shape (n,), the `Predictions` (``.pred_probs`` and, where several
    models were asked, ``.views``) and the validated `options`. Until 0.3 it may take the probabilities
    themselves in a second parameter called ``pred_probs``, as it did before: see `cl_core.legacy`.
    """

    name: str
    summary: str
    options: "type[BaseModel]"
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Check:
    """Judges the evidence: one code, one rule, one outcome.

    `rests_on` names checks that must pass before a pass of this one is believed; they are run with it.
    """

    code: str
    name: str
    summary: str
    options: "type[BaseModel]"
    check: Callable[[Evidence, Any], Verdict]
    rests_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """What a publisher is told about a run whose verdict stands.

    Attributes
    ----------
    run_id, dataset
        Names of the run and of the data set.
    judgement
        The verdict with every check, waiver and the last accepted run.
    noise
        The estimated noise rate with its interval.
    folder
        Where the scored table and the reports lie.
    markdown
        The run's summary.
    limit
        The noise rate that the run may not exceed; None when no check holds one.
    n_rows, n_flagged
        Rows judged, and rows called a label issue.
    pairs
        The pairs of classes most often confused, most first; at most three.
    suspects
        The flagged rows that people should look at first, worst first; at most ten.
    since
        What changed since the last accepted run, a sentence; empty for the first run.
    next_steps
        What to do, a sentence each; the most urgent first.
    report
        Address of the full report, or the path of its file.
    finished_at, version
        When the run ended, ISO 8601, and labelgate's version.
    figures
        What history keeps of the run, each class's share of wrong labels among them.
    telling
        Why the publisher is called now; None for one that hears of every run.
    started_at
        When the run began, ISO 8601.
    """

    run_id: str
    dataset: str
    judgement: Judgement
    noise: NoiseEstimate
    folder: Path
    markdown: str
    figures: Baseline | None = None
    limit: float | None = None
    n_rows: int = 0
    n_flagged: int = 0
    pairs: tuple[ConfusedPair, ...] = ()
    suspects: tuple[SuspectRow, ...] = ()
    since: str = ""
    next_steps: tuple[str, ...] = ()
    report: str = ""
    finished_at: str = ""
    version: str = ""
    telling: Telling | None = None
    started_at: str = ""


@dataclass(frozen=True, slots=True)
class UnfinishedRun:
    """What a publisher is told about a run that has no verdict: it goes on, or it ended without one.

    Attributes
    ----------
    run_id, dataset
        Names of the run and of the data set; those of the `FinishedRun` where a verdict follows.
    started_at, told_at
        When the run began, and when this is told, ISO 8601.
    version
        labelgate's.
    data, base
        The section ``data`` of gate.yaml without secrets, and the folder that its paths start from.
    problem
        Why there is no verdict, without secrets; empty while the run goes on.
    """

    run_id: str
    dataset: str
    started_at: str
    told_at: str
    version: str
    data: Mapping[str, Any]
    base: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Tells somebody or something about a finished run. It cannot change the verdict.

    `when` says of which runs it hears where gate.yaml does not: ``always`` of each, ``change`` of one
    whose verdict is another than the one it was last told, ``failing`` of each that did not pass and of
    the first that passes again. `unfinished` is for one that shows runs while they go on: it is called when
    the data of a run have been read, and when such a run ends without a verdict, for a few seconds at most;
    only where it hears of every run. A run that is started again begins again under the same id.
    """

    name: str
    summary: str
    options: "type[BaseModel]"
    publish: Callable[[FinishedRun, Any], None]
    requires: tuple[str, ...] = ()
    extra: str = ""
    when: When = "always"
    unfinished: Callable[[UnfinishedRun, Any], None] | None = None


Plugin: TypeAlias = DatasetLoader | ModelBackend | NoiseEstimator | Check | Publisher


class Specs:
    """Every hook a plugin may implement. Each returns records; none is handed anything to change."""

    @hookspec
    def labelgate_dataset_loaders(self) -> Iterable[DatasetLoader]:
        """Offer data set loaders, chosen by file suffix or by ``data.loader`` in gate.yaml.

        A whole plugin is one module with an entry point in the group ``labelgate``::

            @hookimpl
            def labelgate_dataset_loaders():
                yield DatasetLoader("fasta", "sequences", FastaOptions, load_fasta, (".fasta",))
        """
        return ()

    @hookspec
    def labelgate_model_backends(self) -> Iterable[ModelBackend]:
        """Offer model backends, chosen by ``model.backend`` in gate.yaml.

        A whole plugin is one module with an entry point in the group ``labelgate``::

            @hookimpl
            def labelgate_model_backends():
                yield ModelBackend("acme", "our in-house model", AcmeOptions, predict)
        """
        return ()

    @hookspec
    def labelgate_noise_estimators(self) -> Iterable[NoiseEstimator]:
        """Offer noise estimators, chosen by ``estimate.method`` in gate.yaml.

        A whole plugin is one module with an entry point in the group ``labelgate``::

            @hookimpl
            def labelgate_noise_estimators():
                yield NoiseEstimator("acme", "our estimate", AcmeOptions, estimate)
        """
        return ()

    @hookspec
    def labelgate_checks(self) -> Iterable[Check]:
        """Offer checks, switched on by naming them under ``checks`` in gate.yaml.

        A whole plugin is one module with an entry point in the group ``labelgate``::

            @hookimpl
            def labelgate_checks():
                yield Check("AC001", "acme-budget", "our rule", AcmeOptions, check)
        """
        return ()

    @hookspec
    def labelgate_publishers(self) -> Iterable[Publisher]:
        """Offer publishers, switched on by naming them under ``publish`` in gate.yaml.

        A whole plugin is one module with an entry point in the group ``labelgate``::

            @hookimpl
            def labelgate_publishers():
                yield Publisher("acme", "tells our chat", AcmeOptions, publish)
        """
        return ()
