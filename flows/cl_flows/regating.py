"""From an earlier run and corrections to the configuration that judges its labels again. Runs nothing."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfile, rmtree
from tempfile import TemporaryDirectory

from cl_core.errors import ConfigError, InputError
from cl_flows.config import GateConfig, load_config
from cl_flows.corrections.patch import read_patch
from cl_flows.corrections.section import CorrectionsSection
from cl_flows.kept.config import config_of, kept_rows_config
from cl_flows.kept.run import KeptRun, open_kept
from cl_flows.many.jobs import Job
from cl_flows.origins import Judged, judged_run
from cl_flows.review.patch import write_patch
from cl_flows.review.standing import standing
from cl_flows.runs import new_run_id

PATCHES = "corrections"


def regate_config(
    wanted: str,
    *,
    output: Path,
    patch: Path | None = None,
    config: Path | None = None,
    new_classes: Sequence[str] = (),
) -> tuple[GateConfig, Judged]:
    """Return what judges a run again on corrected labels, and that run's verdict.

    Parameters
    ----------
    wanted
        The run, by the beginning of its id; ``last`` is the newest one.
    output
        Folder of runs and history.
    patch
        The corrections; None for what people decided in review and nobody disputes. A copy is kept in the
        output folder, which the new run names: it stays what it was.
    config
        The gate.yaml of that run, whose data are then read again; None for the settings and, where they were
        kept, the rows that the run itself left.
    new_classes
        Classes that the patch may bring in; any other label must be a class of the data. Those that people
        decided for in review need not be named.

    Raises
    ------
    ConfigError
        For a run that is not there or was pruned, settings with a secret in plain sight (nothing keeps that:
        name the gate.yaml), a file that cannot be read, a run about which nobody decided anything, and a new
        class without a name.
    InputError
        For a patch that makes no sense or has no answers. Whether it fits the data shows when the gate runs:
        within `refused_leaves_no_copy`.
    """
    if "" in new_classes:
        raise ConfigError("a new class has no name", hint="give the label as it stands in the patch")
    kept = open_kept(output, wanted)
    ready, earlier = _settings(kept, config)
    before = judged_run(ready.history, kept.run_id)
    file = _patch(patch, ready, before)
    # People bring a class in on purpose (`corrections import --new-class`); a patch may hold typing errors.
    added = tuple(new_classes) if patch is not None else _new_classes(file, kept.classes)
    section = CorrectionsSection(
        files=(*earlier.files, file) if earlier else (file,),
        new_classes=(*earlier.new_classes, *added) if earlier else added,
        rejudges=before.run_id,
    )
    return ready.model_copy(update={"corrections": section}), before


@contextmanager
def refused_leaves_no_copy(config: GateConfig) -> Iterator[None]:
    """Remove the copy of the patch where the gate in the block refuses it, or the data: no run names it."""
    try:
        yield
    except (ConfigError, InputError):
        copy = config.corrections.files[-1].parent if config.corrections else Path()
        if copy.parent == config.output.folder.resolve() / PATCHES:
            rmtree(copy, ignore_errors=True)
        raise


def regate_job(config: GateConfig, before: Judged) -> Job:
    """Make the gate that judges `before` again."""
    return Job(f"run {before.run_id} again", f"label-gate-again-{new_run_id()}", config)


def _settings(kept: KeptRun, config: Path | None) -> tuple[GateConfig, CorrectionsSection | None]:
    """Return how the run was made, and the corrections that its rows still want."""
    if config is None:
        if kept.has_rows():  # corrected already, whatever became of the source since
            return kept_rows_config(kept), None
        ready = config_of(kept)
        return ready, ready.corrections
    written = {"output": {"folder": str(kept.folder.parent.resolve())}}
    given = {key: kept.config[key] for key in ("corrections", "as_of") if kept.config.get(key)}
    ready = load_config(config, {**written, **given})
    return ready, ready.corrections if "corrections" in given else None


def _patch(patch: Path | None, config: GateConfig, before: Judged) -> Path:
    """Keep the patch, or what people decided, where the new run finds it."""
    if patch is not None:
        if not read_patch(patch).answers:
            raise InputError(
                f"corrections {patch.name} have no answers, and would change nothing",
                hint="`labelgate run` judges the same labels again",
            )
        return _kept(patch, config.output.folder)
    settled = standing(config.history, before.fingerprint).settled()
    if not settled:
        raise ConfigError(
            f"nobody settled a label of run {before.run_id} in review",
            hint="decide about some rows first (labelgate review), or give --patch",
        )
    with TemporaryDirectory(prefix="labelgate-patch-") as folder:
        written = Path(folder) / "decisions.csv"
        write_patch(written, settled)
        read_patch(written)
        return _kept(written, config.output.folder)


def _new_classes(patch: Path, known: Sequence[str]) -> tuple[str, ...]:
    named = {answer.new for answer in read_patch(patch).answers if answer.action == "relabel"}
    return tuple(sorted(named - set(known)))


def _kept(patch: Path, output: Path) -> Path:
    """Copy the patch into a folder of its own in the output folder, under the name that people know."""
    folder = output.resolve() / PATCHES / new_run_id()
    folder.mkdir(parents=True)
    return Path(copyfile(patch, folder / patch.name))
