"""From what a run left to a configuration that runs again. Runs nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cl_core.errors import ConfigError
from cl_flows.config import GateConfig, merged
from cl_flows.config_errors import explained
from cl_flows.corrections.section import CorrectionsSection
from cl_flows.hidden import HIDDEN
from cl_flows.kept.run import KeptRun, open_kept


def config_of(kept: KeptRun, overrides: Mapping[str, Any] | None = None) -> GateConfig:
    """Build the configuration that `kept` ran with; relative paths start where they did then.

    Parameters
    ----------
    kept
        A finished run. Results go where it lies, also when that folder was moved since.
    overrides
        Sections laid over it, as the flags of the command line are; what was hidden may be given here.

    Raises
    ------
    ConfigError
        For a secret that was written in plain sight and is therefore not on record, each by its name, and
        for a run that recorded no configuration.
    """
    raw = merged(kept.config, overrides or {})
    hidden = list(_hidden(raw, ""))
    if hidden:
        raise ConfigError(
            f"run {kept.run_id} cannot be run again as it was: {', '.join(hidden)} held a secret, "
            "which no record keeps",
            hint="write ${NAME} in gate.yaml for a secret; then the run can be repeated where NAME is set",
        )
    try:
        config = GateConfig.model_validate(raw)
    except ValidationError as error:
        raise explained(error, GateConfig, f"run {kept.run_id}") from error
    where = config.output.model_copy(update={"folder": kept.folder.parent})
    return config.model_copy(update={"output": where})


def loading_config(kept: KeptRun) -> GateConfig:
    """Build what loading the rows takes of `config_of`: secrets of other sections do not matter.

    A run that judged kept rows again reads what the first of those runs read, with all corrections since.

    Raises
    ------
    ConfigError
        As `config_of`.
    """
    return config_of(replace(kept, config=_of_the_source(kept)))


def _of_the_source(kept: KeptRun) -> dict[str, Any]:
    """Return the sections that say where rows come from, by way of the runs that were judged again."""
    wanted = ("data", "gate", "corrections", "output", "base")
    config = {name: kept.config[name] for name in wanted if kept.config.get(name) is not None}
    corrections = _corrections(config)
    if config.get("data", {}).get("loader") != "kept" or corrections is None or corrections.rejudges is None:
        return config
    first = _of_the_source(open_kept(kept.folder.parent, corrections.rejudges))
    before = _corrections(first)
    if before is not None:
        files, new = (*before.files, *corrections.files), (*before.new_classes, *corrections.new_classes)
        corrections = corrections.model_copy(update={"files": files, "new_classes": new})
    return {**config, **first, "corrections": corrections.model_dump(mode="json")}


def _corrections(config: Mapping[str, Any]) -> CorrectionsSection | None:
    """Read the section as it was written, with whole paths."""
    if "corrections" not in config:
        return None
    section = CorrectionsSection.model_validate(config["corrections"])
    base = Path(config.get("base", ".")).resolve()
    return section.model_copy(update={"files": tuple(base / file for file in section.files)})


def kept_rows_config(kept: KeptRun, overrides: Mapping[str, Any] | None = None) -> GateConfig:
    """Build the same configuration, with the rows that the run kept in place of its source.

    They are there whatever the source was, a data frame in memory too, and whatever became of it.
    Corrections that the run laid over its data are in them already, and are not laid again.

    Raises
    ------
    ConfigError
        As `config_of`, and for a run that kept no rows.
    """
    data = {"loader": "kept", "path": str(kept.rows_folder().resolve()), "name": kept.dataset_name}
    return config_of(replace(kept, config={**kept.config, "data": data, "corrections": None}), overrides)


def _hidden(value: Any, where: str) -> Iterator[str]:
    """Name every place at which something was hidden."""
    match value:
        case Mapping():
            for key, item in value.items():
                yield from _hidden(item, f"{where}.{key}".lstrip("."))
        case list() | tuple():
            for number, item in enumerate(value):
                yield from _hidden(item, f"{where}[{number}]")
        case str() if HIDDEN in value:
            yield where
        case _:
            pass


def source_of(kept: KeptRun) -> Path | None:
    """Return the local file or folder that the run read; None where it was something else or is gone."""
    path = kept.config.get("data", {}).get("path")
    if not isinstance(path, str) or "${" in path or "://" in path:
        return None
    found = Path(kept.config.get("base", ".")) / path
    return found if found.exists() else None
