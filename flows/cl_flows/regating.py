"""From an earlier run and corrections to the configuration that judges its labels again. Runs nothing."""

import os
import secrets
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from cl_core.errors import ConfigError
from cl_flows.config import GateConfig, load_config
from cl_flows.corrections.patch import read_patch
from cl_flows.corrections.section import CorrectionsSection
from cl_flows.kept.config import config_of, kept_rows_config
from cl_flows.kept.run import KeptRun, open_kept
from cl_flows.origins import Judged, judged_run
from cl_flows.review.patch import write_patch
from cl_flows.review.standing import standing

PATCHES = "corrections"


def regate_config(
    wanted: str, *, output: Path, patch: Path | None = None, config: Path | None = None
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

    Raises
    ------
    ConfigError
        For a run that is not there or was pruned, settings with a secret in plain sight (nothing keeps that:
        name the gate.yaml), a file that cannot be read, and a run about which nobody decided anything.
    InputError
        For a patch that makes no sense. Whether it fits the data shows when the gate runs.
    """
    kept = open_kept(output, wanted)
    ready, earlier = _settings(kept, config)
    before = judged_run(ready.history, kept.run_id)
    section = CorrectionsSection(
        files=(*earlier.files, _patch(patch, ready, before)) if earlier else (_patch(patch, ready, before),),
        new_classes=earlier.new_classes if earlier else (),
        rejudges=before.run_id,
    )
    return ready.model_copy(update={"corrections": section}), before


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
        read_patch(patch)
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


def _kept(patch: Path, output: Path) -> Path:
    """Copy the patch into the output folder, under a name that its content gives it."""
    content = patch.read_bytes()
    folder = output.resolve() / PATCHES
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{sha256(content).hexdigest()[:16]}.csv"
    beside = folder / f".{kept.name}-{secrets.token_hex(4)}"
    beside.write_bytes(content)
    os.replace(beside, kept)  # noqa: PTH105 - Path.replace hides that this is atomic
    return kept
