"""From an earlier run and a patch to the configuration that judges its corrected labels. Runs nothing."""

import json
import os
import secrets
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from cl_core.errors import ConfigError
from cl_flows.config import GateConfig, load_config
from cl_flows.corrections.patch import read_patch
from cl_flows.corrections.section import CorrectionsSection
from cl_flows.database.place import history_in
from cl_flows.origins import Judged, judged_run
from cl_flows.retention import refuse_pruned

PATCHES = "corrections"


def regate_config(wanted: str, *, output: Path, patch: Path, config: Path) -> tuple[GateConfig, Judged]:
    """Return what judges a run again on corrected labels, and that run's verdict.

    Parameters
    ----------
    wanted
        The run, by the beginning of its id; ``last`` is the newest one.
    output
        Folder of runs and history.
    patch
        The corrections. A copy is kept in the output folder, which the new run names: it stays what it was.
    config
        The gate.yaml of that run.

    Raises
    ------
    ConfigError
        For a run that is not in history or was pruned, and a file that cannot be read.
    InputError
        For a patch that makes no sense. Whether it fits the data shows when the gate runs.
    """
    before = judged_run(history_in(output), wanted)
    ready = load_config(config, {"output": {"folder": str(output.resolve())}})
    settings = _settings_of(before.run_id, output, ready)
    read_patch(patch)
    written = settings.get("corrections") or {}
    section = CorrectionsSection(
        files=(*map(Path, written.get("files", ())), _kept(patch, ready.output.folder)),
        new_classes=tuple(written.get("new_classes", ())),
        rejudges=before.run_id,
    )
    as_of = GateConfig.model_validate({**ready.model_dump(mode="json"), "as_of": settings.get("as_of")}).as_of
    return ready.model_copy(update={"corrections": section, "as_of": as_of}), before


def _settings_of(run_id: str, output: Path, config: GateConfig) -> Mapping[str, Any]:
    """Return the settings that the run's report shows: which corrections it had, and of when its data are."""
    path = output / run_id / "report.json"
    try:
        settings: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))["settings"]
    except FileNotFoundError as error:
        refuse_pruned(config.history, run_id)
        raise ConfigError(
            f"the folder of run {run_id} is not in {output}", hint="name the results folder with --output"
        ) from error
    return settings


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
