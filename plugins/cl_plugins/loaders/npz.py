"""The loader ``npz``: labels with probabilities, pictures, sounds or features from one NumPy archive."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cl_core.dataset import Dataset, Modality
from cl_core.errors import InputError
from cl_core.media import Clips
from cl_core.types import Labels
from cl_plugins.archive import Archive
from cl_plugins.loaders.fingerprint import fingerprint
from cl_plugins.loaders.label_column import EncodedLabels, encode_again, encode_labels
from cl_plugins.loaders.npz_clips import read_clips, refuse_other_length
from cl_plugins.loaders.options import NpzOptions
from cl_plugins.loaders.row_columns import read_groups, read_times

# Arrays with one entry a row.
_A_ROW = ("pred_probs", "images", "features", "ids", "true_labels")


def load_npz(options: NpzOptions) -> Dataset:
    """Read an archive; rows without a label (NaN) are left out and counted."""
    with Archive(options.path) as archive:
        given = archive.named(options.labels, "labels")
        parts = {what: archive.maybe(getattr(options, what), what) for what in _A_ROW}
        names = archive.maybe(options.classes, "classes")
        clips = read_clips(archive, options)
        for what in ("groups", "times"):  # never by name alone: they change how rows are held out
            named = getattr(options, what)
            parts[what] = None if named is None else archive.named(named, what)
        if clips is None and all(parts[what] is None for what in ("pred_probs", "images", "features")):
            raise archive.nothing_of("pred_probs", "images", "audio", "features")
    _refuse_shapes(options, given, parts)
    refuse_other_length(clips, len(given), options)
    encoded = _encode(options, given, names, parts["pred_probs"])
    kept = {what: None if part is None else part[encoded.labelled] for what, part in parts.items()}
    heard = None if clips is None else clips.take(np.flatnonzero(encoded.labelled))
    features, modality = _features(kept, heard)
    held_out = _held_out(options, parts, encoded)
    ids, notes = _ids(kept["ids"], encoded)
    true = kept["true_labels"]
    return Dataset(
        name=options.name or options.path.stem,
        ids=ids,
        labels=encoded.codes,
        classes=encoded.classes,
        features=features,
        modality=modality,
        fingerprint=fingerprint(
            *(ids, encoded.codes, list(encoded.classes), *_content(features), kept["pred_probs"]),
            *(part for pair in held_out.items() for part in pair),
        ),
        pred_probs=kept["pred_probs"],
        groups=held_out.get("groups"),
        times=held_out.get("times"),
        notes=(*notes, *encoded.notes),
        n_unlabelled=encoded.n_unlabelled,
        true_labels=None if true is None else _true_labels(true, encoded.classes, options),
    )


def _held_out(
    options: NpzOptions, parts: dict[str, NDArray[Any] | None], encoded: EncodedLabels
) -> dict[str, NDArray[Any]]:
    """Read groups and times of the labelled rows, where people named such arrays."""
    readers = {"groups": read_groups, "times": read_times}
    found = {}
    for what, read in readers.items():
        part = parts[what]
        if part is None:
            continue
        where = f"array {getattr(options, what)!r} of {options.path.name!r}"
        if part.ndim != 1:
            raise InputError(f"{where} has shape {part.shape}, wanted one entry a row", hint="name another")
        found[what] = read(pd.Series(part)[encoded.labelled], where)
    return found


def _refuse_shapes(options: NpzOptions, given: NDArray[Any], parts: dict[str, NDArray[Any] | None]) -> None:
    if given.ndim != 1:
        raise InputError(
            f"labels of {options.path.name!r} have shape {given.shape}, wanted one label a row",
            hint="one-hot labels become numbers with labels.argmax(axis=1)",
        )
    for what, part in parts.items():
        if part is not None and (part.ndim == 0 or len(part) != len(given)):
            raise InputError(
                f"{options.path.name!r} has {len(given):,} labels but {what} of shape {part.shape}",
                hint="all arrays must have one entry a row, in the same order",
            )
    ids = parts["ids"]
    if ids is not None and (ids.ndim != 1 or (ids.dtype.kind == "f" and np.isnan(ids).any())):
        raise InputError(
            f"ids of {options.path.name!r} have shape {ids.shape}"
            + (f", {int(np.isnan(ids).sum()):,} of them NaN" if ids.ndim == 1 else ", wanted one id a row"),
            hint="give every row an id, or leave `ids` out to number the rows",
        )
    images = parts["images"]
    if images is not None and images.ndim not in (3, 4):
        raise InputError(
            f"images have shape {images.shape}, wanted (rows, height, width) or with channels last",
            hint="reshape them, or pass flat rows as `features`",
        )
    probs = parts["pred_probs"]
    if probs is not None and probs.ndim != 2:  # noqa: PLR2004 - rows and classes
        raise InputError(
            f"pred_probs have shape {probs.shape}, wanted (rows, classes)",
            hint="a binary model's single column p becomes two: 1 - p and p",
        )


def _encode(
    options: NpzOptions, given: NDArray[Any], names: NDArray[Any] | None, probs: NDArray[Any] | None
) -> EncodedLabels:
    where = f"array {options.labels!r} of {options.path.name!r}"
    if names is None and probs is None:
        return encode_labels(given, where=where)
    if names is None and given.dtype.kind in "iufb":
        names = np.arange(probs.shape[1]) if probs is not None else None
        hint = "set `classes` to an array with the class names in column order"
    else:
        hint = "list every class in `classes`, in the order of the columns"
    found = encode_labels(given, where=where)
    classes = found.classes if names is None else tuple(map(str, names.ravel().tolist()))
    if len(set(classes)) < len(classes):
        twin = next(name for name in classes if classes.count(name) > 1)
        raise InputError(f"`classes` of {options.path.name!r} lists {twin!r} twice", hint=hint)
    if probs is not None and len(classes) != probs.shape[1]:
        raise InputError(
            f"{options.path.name!r} has {len(classes)} classes but {probs.shape[1]} columns of pred_probs",
            hint="set `classes` to an array with one name a column, in column order",
        )
    numbered = given.dtype.kind in "iuf" and not set(found.classes) <= set(classes)
    order = {name: i for i, name in enumerate(map(str, range(len(classes))) if numbered else classes)}
    strange = [name for name in found.classes if name not in order]
    if strange:
        raise InputError(f"label {strange[0]!r} of {where} has no column in pred_probs", hint=hint)
    codes = np.array([order[name] for name in found.classes], dtype=np.intp)[found.codes]
    notes = found.notes
    if names is None:
        notes += (f"columns of pred_probs are taken in the order {', '.join(classes[:10])}",)
    return EncodedLabels(codes, classes, found.labelled, notes)


def _features(kept: dict[str, NDArray[Any] | None], clips: Clips | None) -> tuple[Any, Modality]:
    if kept["images"] is not None:
        return kept["images"], "image"
    if clips is not None:
        return clips, "audio"
    return (None, "none") if kept["features"] is None else (kept["features"], "array")


def _content(features: Any) -> tuple[Any, ...]:
    """List what the fingerprint covers."""
    if isinstance(features, Clips):
        return features.samples, features.offsets, np.array([features.rate])
    return (features,)


def _ids(ids: NDArray[Any] | None, encoded: EncodedLabels) -> tuple[NDArray[Any], list[str]]:
    if ids is not None:
        return ids, []
    return np.flatnonzero(encoded.labelled), ["no ids were given: ids are row numbers, from 0"]


def _true_labels(true: NDArray[Any], classes: tuple[str, ...], options: NpzOptions) -> Labels:
    where = f"true_labels of {options.path.name!r}"
    if true.dtype.kind in "iu" and not set(map(str, np.unique(true).tolist())) <= set(classes):
        return encode_again(true, tuple(map(str, range(len(classes)))), where=where)
    return encode_again(true, classes, where=where)
