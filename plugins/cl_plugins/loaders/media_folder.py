"""Lists the media files of a folder, local or behind a URL, with the class each lies in. Opens none."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from cl_core.errors import InputError
from cl_plugins.media_files import open_filesystem

# Folders that split a data set; they are no classes.
_SPLITS = {"train", "training", "test", "testing", "val", "valid", "validation", "dev", "eval"}
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Found:
    """Files below a folder, forward slashes, sorted; the class of each; and what was left out, in words."""

    names: tuple[str, ...]
    classes: tuple[str, ...]
    notes: tuple[str, ...]


def find_media(
    root: str, suffixes: tuple[str, ...], class_folder: Literal["top", "parent"], what: str
) -> Found:
    """List the files below `root` that end in one of `suffixes`; `what` is what people call them."""
    everything = sorted(_remote(root) if "://" in root else _local(Path(root)))
    hidden = [name for name in everything if any(part.startswith(".") for part in name.split("/"))]
    seen = [name for name in everything if name not in set(hidden)]
    media = [name for name in seen if name.lower().endswith(suffixes)]
    classed = [name for name in media if "/" in name]
    if not classed:
        raise InputError(
            f"{root!r} holds {len(media):,} {what} and none of them in a folder of its class",
            hint=f"make a folder a class, or name a table of files and labels; {what} end in "
            + ", ".join(suffixes),
        )
    place = 0 if class_folder == "top" else -2
    classes = [name.split("/")[place] for name in classed]
    if class_folder == "top":
        _refuse_splits(root, set(classes))
    others = [name for name in seen if not name.lower().endswith(suffixes)]
    notes = _notes(hidden, others, len(media) - len(classed), what)
    if class_folder == "top":
        notes += _empty(seen, set(classes), what)
    return Found(tuple(classed), tuple(classes), tuple(notes))


def _local(root: Path) -> Iterator[str]:
    if not root.is_dir():
        raise InputError(f"no folder {str(root)!r}", hint="check the path and the working directory")
    home = root.resolve()
    for folder, folders, files in os.walk(root, onerror=_refuse_closed):
        for name in folders:
            if (Path(folder) / name).is_symlink():
                raise InputError(
                    f"{str(Path(folder) / name)!r} is a link to a folder",
                    hint="put the folder itself there; links to folders are not followed",
                )
        for name in files:
            path = Path(folder) / name
            if path.is_symlink() and not path.resolve().is_relative_to(home):
                raise InputError(
                    f"{str(path)!r} is a link that leads out of {str(root)!r}",
                    hint="copy the file there, or remove the link",
                )
            relative = path.relative_to(root).as_posix()
            if relative.encode(errors="replace").decode() != relative:
                raise InputError(f"the file name {relative!r} is not UTF-8", hint="rename the file")
            yield relative


def _refuse_closed(error: OSError) -> None:
    raise InputError(
        f"{error.filename!r} could not be listed: {error.strerror}", hint="check who may read it"
    ) from error


def _remote(root: str) -> Iterator[str]:
    filesystem = open_filesystem(root)
    top = str(filesystem._strip_protocol(root)).rstrip("/") + "/"  # noqa: SLF001 - fsspec's own word for it
    try:
        found = filesystem.find(top)
    except OSError as error:
        raise InputError(f"{root!r} could not be listed: {error}", hint="check the address") from error
    return (str(name).removeprefix(top) for name in found)


def _refuse_splits(root: str, classes: set[str]) -> None:
    if len(classes) > 1 and {name.lower() for name in classes} <= _SPLITS:
        raise InputError(
            f"the folders of {root!r} are parts of a split, no classes: {', '.join(sorted(classes))}",
            hint=f"name one of them, such as {root.rstrip('/')}/{min(classes)}, or set class_folder: parent",
        )


def _notes(hidden: list[str], others: list[str], loose: int, what: str) -> list[str]:
    said = []
    if hidden:
        said.append(f"{len(hidden):,} hidden files were left out")
    if others:
        endings = Counter(PurePosixPath(name).suffix.lower() or "no ending" for name in others)
        shown = ", ".join(f"{ending} {count:,}" for ending, count in endings.most_common(_NAMED))
        more = ", ..." if len(endings) > _NAMED else ""
        said.append(f"{len(others):,} files that are no {what} were left out ({shown}{more})")
    if loose:
        said.append(f"{loose:,} {what} in no class's folder were left out")
    return said


def _empty(seen: list[str], classes: set[str], what: str) -> list[str]:
    """Say which folders look like a class and hold none of its files."""
    empty = sorted({name.split("/")[0] for name in seen if "/" in name} - classes)
    shown = ", ".join(empty[:_NAMED]) + (", ..." if len(empty) > _NAMED else "")
    return [f"folders without {what} are no classes: {shown}"] if empty else []
