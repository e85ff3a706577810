"""Reads arrays out of .npz and .npy files, never running what is in them. Knows nothing of labels."""

from collections.abc import Mapping
from contextlib import ExitStack
from difflib import get_close_matches
from pathlib import Path
from typing import Any, BinaryIO, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from cl_core.errors import InputError
from cl_plugins.files import refuse_unreadable


class Archive:
    """The arrays of one .npz file, read when asked for while the archive is open."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open = ExitStack()

    def __enter__(self) -> Self:
        refuse_unreadable(self.path)
        with ExitStack() as opened:
            file = opened.enter_context(self.path.open("rb"))
            loaded = _load(file, self.path)
            if not isinstance(loaded, Mapping):
                raise InputError(
                    f"{self.path.name!r} holds a single array, wanted an archive of named arrays",
                    hint="write it with numpy.savez(path, labels=..., pred_probs=...)",
                )
            self._arrays: Mapping[str, Any] = loaded
            self._open = opened.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

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

    def nothing_of(self, *options: str) -> InputError:
        """Give the error of an archive in which no array is called like one of the options."""
        return InputError(
            f"{self.path.name!r} has no array called {', '.join(options[:-1])} or {options[-1]}",
            hint=f"arrays: {', '.join(self._arrays) or 'none'}; say in gate.yaml which of them is what, "
            f"for example `data: {{{options[-1]}: NAME}}`",
        )


def read_array(path: Path, name: str) -> NDArray[Any]:
    """Read the array of an .npy file, or the array `name` of an .npz file."""
    refuse_unreadable(path)
    with path.open("rb") as file:
        loaded = _load(file, path)
    if isinstance(loaded, np.ndarray):
        return loaded
    with Archive(path) as archive:
        return archive.named(name, "array")


def _load(file: BinaryIO, path: Path) -> Any:
    try:
        return np.load(file, allow_pickle=False)
    except (ValueError, OSError, EOFError, BadZipFile) as error:
        raise InputError(
            f"{path.name!r} could not be read as NumPy arrays: {error}",
            hint="write it with numpy.savez or numpy.save, plain numbers and strings only",
        ) from error
