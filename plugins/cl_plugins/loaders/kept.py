"""The loader ``kept``: rows that an earlier run kept, whatever their source was and became."""

from dataclasses import replace
from pathlib import Path

from cl_core.dataset import Dataset
from cl_core.errors import InputError
from cl_plugins.loaders.options import KeptOptions
from cl_plugins.stored_rows import digest_of_rows, read_dataset


def load_kept(options: KeptOptions) -> Dataset:
    """Load the rows; refuse a folder that does not hold what its name says."""
    folder = options.path
    if not (folder / "record.json").is_file():
        raise InputError(
            f"{str(folder)!r} holds no kept rows",
            hint="name a folder below `rows` in the results folder; run.json of a run says which is its own",
        )
    _refuse_changed(folder)
    dataset = read_dataset(folder)
    return dataset if options.name is None else replace(dataset, name=options.name)


def _refuse_changed(folder: Path) -> None:
    """Refuse changed files: the rows carry a fingerprint, and audits and decisions go by it."""
    found = digest_of_rows(folder)
    if found != folder.resolve().name:
        raise InputError(
            f"the rows in {str(folder)!r} are not those that were kept there: "
            f"their digest is {found[:12]}..., their folder's name {folder.resolve().name[:12]}...",
            hint="files were changed, added or lost, or the folder was renamed: gate the source again",
        )
