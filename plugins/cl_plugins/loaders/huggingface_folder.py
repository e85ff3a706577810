"""What lies in a folder that `datasets` saved: splits, files, features. Reads their JSON, no rows."""

import json
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from cl_core.errors import ConfigError, InputError

_SAVED = "save one with datasets.Dataset.save_to_disk(folder)"


@dataclass(frozen=True, slots=True)
class SavedDataset:
    """One split as it lies on disk.

    Attributes
    ----------
    files
        Arrow streams, in the order of the rows.
    features
        What `datasets` says about each column, by name.
    notes
        Which split was taken.
    """

    files: tuple[Path, ...]
    features: dict[str, dict[str, Any]]
    notes: tuple[str, ...]

    def of_type(self, kind: str) -> list[str]:
        """Names of the columns of a feature type, such as ``ClassLabel``."""
        return [name for name, feature in self.features.items() if feature.get("_type") == kind]


def open_folder(folder: Path, split: str | None) -> SavedDataset:
    """Find the files and features of a saved data set, or of one split of a saved DatasetDict."""
    if not folder.is_dir():
        raise InputError(f"{str(folder)!r} is no folder, wanted a saved data set", hint=_SAVED)
    notes: tuple[str, ...] = ()
    if (folder / "dataset_dict.json").is_file():
        folder, notes = _of_split(folder, split)
    elif split is not None:
        raise ConfigError(f"{folder.name!r} is a single data set without splits", hint="leave `split` out")
    state, info = _read(folder, "state.json"), _read(folder, "dataset_info.json")
    if state.get("_indices_data_files"):
        raise InputError(
            f"{folder.name!r} was saved with a selection of rows beside it, as old versions did",
            hint="load it with `datasets`, call flatten_indices() and save it again",
        )
    files = tuple(folder / str(file["filename"]) for file in state.get("_data_files", ()))
    if not files:
        raise InputError(f"{folder.name!r} names no data files", hint=_SAVED)
    features = {name: _plain(feature) for name, feature in (info.get("features") or {}).items()}
    return SavedDataset(files, features, notes)


def _of_split(folder: Path, split: str | None) -> tuple[Path, tuple[str, ...]]:
    splits = [str(name) for name in _read(folder, "dataset_dict.json").get("splits", ())]
    if split is None and len(splits) == 1:
        return folder / splits[0], (f"split: {splits[0]} (the only one)",)
    if split not in splits:
        near = get_close_matches(split or "", splits, n=1)
        came = "has several splits" if split is None else f"has no split {split!r}"
        raise ConfigError(
            f"{folder.name!r} {came}",
            hint=f"{f'did you mean {near[0]!r}? ' if near else ''}set `split` to one of: {', '.join(splits)}",
        )
    return folder / split, ()


def _plain(feature: Any) -> dict[str, Any]:
    return feature if isinstance(feature, dict) else {}


def _read(folder: Path, name: str) -> dict[str, Any]:
    try:
        found = json.loads((folder / name).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(
            f"{folder.name!r} holds no {name}, which a saved data set has", hint=_SAVED
        ) from error
    except (OSError, ValueError) as error:
        raise InputError(f"{name} of {folder.name!r} could not be read: {error}", hint=_SAVED) from error
    return _plain(found)
