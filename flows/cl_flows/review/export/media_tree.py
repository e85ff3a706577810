"""Corrected pictures and sounds: a table of files and labels, or a folder a class. Decodes nothing."""

import csv
import os
import shutil
from pathlib import Path, PurePosixPath

import numpy as np

from cl_core.errors import ConfigError, InputError
from cl_core.media import MediaFiles
from cl_flows.review.export.labels import NewLabels


def write_manifest(target: Path, files: MediaFiles, labels: NewLabels) -> None:
    """Write ``file,label`` for every row that stays; the loaders read it with ``folder_path``."""
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("file", "label"))
        for i, name in enumerate(files.names.tolist()):
            if not labels.leaves[i]:
                writer.writerow((name, labels.final[i]))


def lay_out(folder: Path, files: MediaFiles, labels: NewLabels, class_folder: str | None) -> int:
    """Lay the files that stay out below `folder`, each in the folder of its label, and return how many.

    A hard link where the disk has them, so that no byte is copied; else a copy. `class_folder` says which
    folder of a name is the class (``top`` or ``parent``); None where names say nothing of classes.

    What `refuse_no_tree` refuses must not come here.
    """
    taken: set[str] = set()
    count = 0
    for i, name in enumerate(files.names.tolist()):
        if labels.leaves[i]:
            continue
        place = folder / _free(_moved(name, labels.final[i], class_folder), taken)
        place.parent.mkdir(parents=True, exist_ok=True)
        _link_or_copy(Path(files.location(i)), place)
        count += 1
    return count


def refuse_no_tree(files: MediaFiles, labels: NewLabels) -> None:
    """Refuse what cannot be laid out.

    Raises
    ------
    ConfigError
        For files behind a URL.
    InputError
        For a label that is no name of a folder, and for files that are gone.
    """
    if "://" in files.root:
        raise ConfigError(
            f"files behind {files.root} cannot be laid out", hint="download them, or use the manifest alone"
        )
    _refuse_no_folders(set(labels.final))
    stays = np.flatnonzero(~labels.leaves).tolist()
    gone = [i for i in stays if not Path(files.location(i)).is_file()]
    if gone:
        raise InputError(
            f"{len(gone):,} of {len(stays):,} files are gone, the first {str(files.names[gone[0]])!r}",
            hint=f"put them back below {files.root}, or leave --copy-to out",
        )


def _refuse_no_folders(labels: set[str]) -> None:
    """Refuse labels that lead elsewhere, or nowhere, as the name of a folder."""
    bad = sorted(
        name for name in labels if name.startswith(".") or any(sign in name for sign in '/\\\0:"<>|?*\n')
    )
    if bad or "" in labels:
        raise InputError(
            f"the label {(bad or [''])[0]!r} is no name of a folder",
            hint="leave --copy-to out: the manifest holds labels of any kind",
        )


def _moved(name: str, label: str, class_folder: str | None) -> str:
    parts = PurePosixPath(name).parts
    if class_folder is None or len(parts) == 1:
        return "/".join((label, *parts))
    at = 0 if class_folder == "top" else len(parts) - 2
    return "/".join((*parts[:at], label, *parts[at + 1 :]))


def _free(name: str, taken: set[str]) -> str:
    """Give a file another name where one of its class is called so already."""
    path, number, found = PurePosixPath(name), 1, name
    while found in taken:
        number += 1
        found = str(path.with_name(f"{path.stem}-{number}{path.suffix}"))
    taken.add(found)
    return found


def _link_or_copy(source: Path, place: Path) -> None:
    try:
        os.link(source.resolve(), place)
    except OSError:
        shutil.copy2(source, place)
