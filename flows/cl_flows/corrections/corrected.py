"""From gate.yaml to corrected data: every patch it names, one over the other. Both engines use it."""

from dataclasses import replace

from cl_core.dataset import Dataset
from cl_core.errors import ConfigError, InputError
from cl_flows.config import GateConfig
from cl_flows.corrections.lay import lay
from cl_flows.corrections.patch import Patch, read_patch
from cl_flows.origins import judged_run


def read_patches(config: GateConfig) -> tuple[Patch, ...]:
    """Read the patches before the data: hours of loading end in no typing error."""
    if config.corrections is None:
        return ()
    run_id = config.corrections.rejudges
    if run_id is not None and judged_run(config.history, run_id).run_id != run_id:
        raise ConfigError(f"corrections.rejudges is {run_id!r}", hint="give the whole id of the run")
    return tuple(read_patch(config.base / file) for file in config.corrections.files)


def corrected(
    config: GateConfig, patches: tuple[Patch, ...], dataset: Dataset, *, label_column: str | None = None
) -> Dataset:
    """Lay the patches over the data; where an earlier run is judged again, over that run's rows only."""
    section = config.corrections
    if section is None:
        return dataset
    for patch in patches[:-1]:
        dataset = lay(patch, dataset, new_classes=section.new_classes, label_column=label_column)
    if section.rejudges is not None:
        dataset = _of_the_run(config, section.rejudges, dataset)
    return lay(patches[-1], dataset, new_classes=section.new_classes, label_column=label_column)


def _of_the_run(config: GateConfig, run_id: str, dataset: Dataset) -> Dataset:
    """Refuse rows that are not those of the run; say what became of that run."""
    judged = judged_run(config.history, run_id)
    if judged.fingerprint != dataset.fingerprint:
        raise InputError(
            f"the data are not those that run {run_id} judged: other rows or labels "
            f"(fingerprint {dataset.fingerprint[:12]}, then {judged.fingerprint[:12]})",
            hint="before and after could not be compared; to lay the patch over today's rows by id, name it "
            "under `corrections` in gate.yaml and use `labelgate run`",
        )
    said = f"judges run {run_id} again, which {judged.says}"
    return replace(dataset, notes=(*dataset.notes, said))
