"""Refuses files that cannot be read, before anything tries to. Knows no format."""

from difflib import get_close_matches
from pathlib import Path

from cl_core.errors import InputError


def refuse_unreadable(path: Path) -> None:
    """Refuse a path that is missing, a folder, empty or not ours to read; name the nearest file."""
    if path.is_dir():
        raise InputError(f"{str(path)!r} is a folder, wanted a file", hint="name one file in it")
    if path.is_symlink() and not path.exists():
        raise InputError(f"{str(path)!r} is a link that leads to no file", hint="mend the link")
    if not path.exists():
        beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        near = get_close_matches(path.name, beside, n=1)
        meant = f"did you mean {near[0]!r}?" if near else "check the path and the working directory"
        raise InputError(f"no file {str(path)!r}", hint=meant)
    if not path.is_file():  # a pipe gives its bytes once, and without a writer it waits for ever
        raise InputError(
            f"{str(path)!r} is a pipe or a device, wanted a file", hint="save it as a file first"
        )
    try:
        with path.open("rb") as file:
            first = file.read(1)
    except OSError as error:
        raise InputError(
            f"{str(path)!r} could not be opened: {error.strerror or error}", hint="check who may read it"
        ) from error
    if not first:
        raise InputError(f"{path.name!r} is empty (0 bytes)", hint="check how the file was written")
