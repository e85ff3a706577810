"""The loaders ``pictures`` and ``sounds``: files with labels, by folder or by table. Nothing is decoded."""

import re
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cl_core.dataset import Dataset, Modality
from cl_core.errors import ConfigError, InputError
from cl_core.media import MediaFiles
from cl_plugins.loaders.fingerprint import fingerprint
from cl_plugins.loaders.label_column import encode_labels
from cl_plugins.loaders.media_folder import find_media
from cl_plugins.loaders.media_options import PICTURE_SUFFIXES, SOUND_SUFFIXES, MediaOptions
from cl_plugins.loaders.media_table import load_media_table
from cl_plugins.loaders.options import TABLE_ENDINGS
from cl_plugins.media_files import batches, decode_all

_FILES_AT_ONCE = 1_024


def load_pictures(options: MediaOptions) -> Dataset:
    """Find pictures and their labels; they are decoded when a backend asks for them."""
    return _load(options, "image", PICTURE_SUFFIXES)


def load_sounds(options: MediaOptions) -> Dataset:
    """Find sounds and their labels; they are decoded when a backend asks for them."""
    return _load(options, "audio", SOUND_SUFFIXES)


def _load(options: MediaOptions, modality: Modality, suffixes: tuple[str, ...]) -> Dataset:
    if str(options.path).lower().endswith(TABLE_ENDINGS):
        rows = load_media_table(options)
    else:
        rows = _from_folder(options, suffixes, "pictures" if modality == "image" else "sounds")
    digests = np.array(_digests(rows.features))
    return replace(
        rows,
        modality=modality,
        fingerprint=fingerprint(rows.ids, rows.labels, list(rows.classes), digests),
        groups=_groups(options, rows),
    )


def _from_folder(options: MediaOptions, suffixes: tuple[str, ...], what: str) -> Dataset:
    place = str(options.path)
    if place.lower().endswith(suffixes) and not Path(place).is_dir():
        raise InputError(
            f"{place!r} is a single file, wanted a folder or a table of {what}",
            hint="a folder holds a folder a class; a table has a column of file names and one of labels",
        )
    for option in ("label", "file", "folder_path", "id", "true_labels", "groups"):
        if getattr(options, option) is not None:
            raise ConfigError(
                f"`{option}` belongs to a table, but path {place!r} is a folder",
                hint="leave it out: the folder a file lies in is its label, its name is its id",
            )
    found = find_media(place, suffixes, options.class_folder, what)
    encoded = encode_labels(np.array(found.classes, dtype=object), where=f"folder {place!r}")
    files = MediaFiles(place, np.array(found.names))
    return Dataset(
        name=options.name or Path(place.rstrip("/")).name or "files",
        ids=files.names,
        labels=encoded.codes,
        classes=encoded.classes,
        features=files,
        modality="image",
        fingerprint="",
        notes=(*found.notes, *encoded.notes),
    )


def _digests(files: MediaFiles) -> list[str]:
    """Digest of every file's content: a changed pixel is another data set."""
    digests: list[str] = []
    for rows in batches(len(files), _FILES_AT_ONCE):
        digests += decode_all(files, rows, lambda content, _: sha256(content).hexdigest())
    return digests


def _groups(options: MediaOptions, rows: Dataset) -> NDArray[Any] | None:
    """Find what each file belongs to by its name; the table's own word counts where there is no pattern."""
    if options.group_pattern is None:
        return rows.groups
    if options.groups is not None:
        raise ConfigError("`groups` and `group_pattern` are both set", hint="keep one of them")
    names = rows.features.names
    found = [re.search(options.group_pattern, str(name)) for name in names]
    missed = [str(name) for name, match in zip(names, found, strict=True) if not (match and match[1])]
    if missed:
        raise InputError(
            f"group_pattern finds nothing in {len(missed):,} of {len(found):,} file names, "
            f"the first is {missed[0]!r}",
            hint="mend the pattern; it is searched in the whole name, folders included",
        )
    return np.array([match[1] for match in found if match])
