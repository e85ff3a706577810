"""Rewrites the labels of an .npz archive; other arrays are copied as they lie there. Decides no label."""

import io
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from cl_core.media import Clips
from cl_flows.review.export.labels import OtherSourceError, Speller
from cl_plugins.loaders.options import NpzOptions

# Arrays with an entry a row, by what they are called in the options.
_A_ROW = ("pred_probs", "ids", "images", "features", "true_labels")
_NAMED_ONLY = ("groups", "times")


def rewrite_npz(options: NpzOptions, target: Path, speller: Speller) -> None:
    """Write the archive to `target`: new labels, and fewer entries a row where rows leave."""
    with ZipFile(options.path) as source:
        members = {info.filename.removesuffix(".npy"): info for info in source.infolist()}
        arrays = {name: _read(source, info) for name, info in _of_rows(options, members).items()}
        given = arrays[options.labels]
        labelled = np.array([value == value for value in given.tolist()])  # noqa: PLR0124 - NaN: no label
        names = _names(given, speller, source, members, options)
        words = given[labelled].tolist()
        speller.learn(words if names is None else [names[int(one)] for one in words])
        stays, new = np.ones(len(given), dtype=np.bool_), given.tolist()
        for i in np.flatnonzero(labelled).tolist():
            stays[i], name, word = speller.next()
            if name is not None:
                new[i] = _value(given, name, word, names)
        arrays[options.labels] = _labels(given, new)
        if not stays.all():
            arrays = {name: array[stays] for name, array in arrays.items()}
            arrays |= _clips(options, source, members, np.flatnonzero(stays))
        _write(source, target, arrays)


def _of_rows(options: NpzOptions, members: dict[str, Any]) -> dict[str, Any]:
    wanted = [options.labels]
    wanted += [getattr(options, what) or what for what in _A_ROW]
    wanted += [name for what in _NAMED_ONLY if (name := getattr(options, what))]
    return {name: members[name] for name in wanted if name in members}


def _names(
    given: NDArray[Any], speller: Speller, source: ZipFile, members: dict[str, Any], options: NpzOptions
) -> list[str] | None:
    """Return the names that the labels number, 1 the second; None where labels are names themselves."""
    name = options.classes or "classes"
    if given.dtype.kind not in "iuf" or name not in members:
        return None
    if set(speller.labels.given) <= {str(int(v)) for v in given.tolist() if v == v}:  # noqa: PLR0124
        return None
    return [str(one) for one in _read(source, members[name]).ravel().tolist()]


def _value(given: NDArray[Any], name: str, word: Any, names: list[str] | None) -> Any:
    """Return the value of the array that stands for the class `name`."""
    if names is None and (word is not None or given.dtype.kind not in "iuf"):
        return name if word is None else word
    try:
        kind = float if given.dtype.kind == "f" else int
        value = kind(name) if names is None else names.index(name)
        fits = given.dtype.type(value) == value
    except (ValueError, OverflowError):
        fits = False
    if not fits:
        raise OtherSourceError(f"the class {name!r} has no number in the array of labels")
    return value


def _labels(given: NDArray[Any], new: list[Any]) -> NDArray[Any]:
    if given.dtype.kind in "US":  # a longer name needs a wider array
        return np.array(new, dtype=np.dtype(given.dtype.kind))
    return np.array(new, dtype=given.dtype)


def _clips(
    options: NpzOptions, source: ZipFile, members: dict[str, Any], rows: NDArray[Any]
) -> dict[str, Any]:
    audio, offsets = options.audio or "audio", options.offsets or "offsets"
    if audio not in members or offsets not in members:
        return {}
    clips = Clips(_read(source, members[audio]), _read(source, members[offsets]), 1).take(rows)
    return {audio: clips.samples, offsets: clips.offsets}


def _read(source: ZipFile, info: Any) -> NDArray[Any]:
    with source.open(info) as file:
        array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
        return array


def _write(source: ZipFile, target: Path, arrays: dict[str, NDArray[Any]]) -> None:
    with ZipFile(target, "w") as out:
        for info in source.infolist():
            array = arrays.get(info.filename.removesuffix(".npy"))
            if array is None:
                content = source.read(info)
            else:
                buffer = io.BytesIO()
                np.lib.format.write_array(buffer, array, allow_pickle=False)
                content = buffer.getvalue()
            out.writestr(info, content, compress_type=info.compress_type)
