"""Reads arrays out of .npz and .npy files, never running what is in them. Knows nothing of labels."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from cl_core.errors import InputError
from cl_plugins.table_file import refuse_unreadable


class Archive:
    """The arrays of one .npz file, read when asked for."""

    def __init__(self, path: Path) -> None:
        refuse_unreadable(path)
        self.path = path
        loaded = _load(path)
        if not isinstance(loaded, Mapping):
            raise InputError(
                f"{path.name!r} holds a single array, wanted an archive of named arrays",
                hint="write it with numpy.savez(path, labels=..., pred_probs=...)",
            )
        self._arrays: Mapping[str, Any] = loaded

    def named(self, name: str, option: str) -> NDArray[Any]:
        """Return the array `name`, which `option` asks for; the error lists the arrays there are."""
        if name not in self._arrays:
            near = get_close_matches(name, self._arrays, n=1)
            meant = f"did you mean {near[0]!r}? " if near else ""
            raise InputError(
                f"{self.path.name!r} has no array {name!r}, which `{option}` names",
                hint=f"{meant}arrays: {', '.join(self._arrays) or 'none'}; name another with `{option}`",
            )
        try:
            array: NDArray[Any] = self._arrays[name]
        except (ValueError, OSError, BadZipFile) as error:
            raise InputError(
                f"array {name!r} of {self.path.name!r} could not be read: {error}",
                hint="save plain numbers or strings: pickled objects are never loaded",
            ) from error
        return array

    def maybe(self, name: str | None, option: str) -> NDArray[Any] | None:
        """Return the array the user named, else the one called like the option if there is one."""
        if name is None and option not in self._arrays:
            return None
        return self.named(name or option, option)


def read_array(path: Path, name: str) -> NDArray[Any]:
    """Read the array of an .npy file, or the array `name` of an .npz file."""
    refuse_unreadable(path)
    loaded = _load(path)
    if isinstance(loaded, np.ndarray):
        return loaded
    return Archive(path).named(name, "array")


def _load(path: Path) -> Any:
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError, BadZipFile) as error:
        raise InputError(
            f"{path.name!r} could not be read as NumPy arrays: {error}",
            hint="write it with numpy.savez or numpy.save, plain numbers and strings only",
        ) from error
