"""The contract of loaders: the same data twice, labels that fit their classes, clear refusals."""

import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cl_core.answers import dataset_fault
from cl_core.dataset import Dataset
from cl_core.errors import LabelgateError
from cl_core.hooks import DatasetLoader
from cl_core.testing.record import check_record, check_refusal, demand, leaves_alone, make_options
from cl_core.testing.worker import in_worker

if TYPE_CHECKING:
    from pydantic import BaseModel


def check_loader(
    loader: DatasetLoader, options: "BaseModel | dict[str, Any]", *, worker: bool = False
) -> Dataset:
    """Hold a loader against the contract.

    Parameters
    ----------
    loader
        The record that the plugin yields.
    options
        Options, as a mapping or validated, that load a small data set without an error.
    worker
        Whether to load in a fresh process as well, which takes as long as the loader's imports.

    Returns
    -------
    Dataset
        What was loaded, for further checks of the author's own.

    Raises
    ------
    ContractError
        For the first part of the contract that is not kept.
    """
    check_record(loader)
    chosen = make_options(loader, options)
    with leaves_alone(loader):
        data = loader.load(chosen)
    _check_dataset(loader, data)
    again = loader.load(chosen)
    demand(
        data.fingerprint == again.fingerprint and np.array_equal(data.labels, again.labels),
        f"{loader.name}: loading twice gave different data",
    )
    for suffix in loader.suffixes:
        demand(
            suffix.startswith(".") and suffix == suffix.lower(),
            f"{loader.name}: suffix {suffix!r} must be lower case and start with a dot",
        )
    if loader.suffixes:
        demand("path" in loader.options.model_fields, f"{loader.name}: has suffixes but no option `path`")
    path = getattr(chosen, "path", None)
    if isinstance(path, str | Path) and Path(path).is_file():
        _check_files(loader, chosen, data)
    if worker:
        there = in_worker(loader.name, loader.load, chosen)
        demand(
            there.fingerprint == data.fingerprint and np.array_equal(there.labels, data.labels),
            f"{loader.name}: another process loaded different data",
        )
    return data


def _check_dataset(loader: DatasetLoader, data: Any) -> None:
    name = loader.name
    fault = dataset_fault(data)
    demand(not fault, f"{name}: load {fault}")
    demand(
        data.labels.dtype == np.intp,
        f"{name}: labels have type {data.labels.dtype}, wanted class numbers (intp)",
    )
    demand(
        data.n_classes >= 2,  # noqa: PLR2004 - a classification
        f"{name}: classes are {data.classes[:10]}, wanted two or more",
    )
    demand(data.name.strip(), f"{name}: the data set has no name")


def _check_files(loader: DatasetLoader, chosen: Any, data: Dataset) -> None:
    """Try a copy, a missing and an empty file: the content counts, and nothing passes in silence."""
    source = Path(chosen.path)
    with tempfile.TemporaryDirectory() as folder:
        ending = next(
            (s for s in loader.suffixes if source.name.lower().endswith(s)), "".join(source.suffixes)
        )
        copy, empty = Path(folder) / f"copy{ending}", Path(folder) / f"empty{ending}"
        shutil.copy(source, copy)
        empty.touch()
        moved = loader.load(chosen.model_copy(update={"path": copy}))
        demand(
            moved.fingerprint == data.fingerprint,
            f"{loader.name}: the fingerprint depends on the file's name",
        )
        for what, path in (("a missing file", Path(folder) / f"no{ending}"), ("an empty file", empty)):
            bad = chosen.model_copy(update={"path": path})
            check_refusal(loader, what, partial(loader.load, bad), must_refuse=True)
        half = Path(folder) / f"half{ending}"
        half.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
        _check_half(loader, chosen.model_copy(update={"path": half}), data)


def _check_half(loader: DatasetLoader, chosen: Any, data: Dataset) -> None:
    """Half a file is refused, or is other data: never the same fingerprint."""
    check_refusal(loader, "half a file", partial(loader.load, chosen), must_refuse=False)
    try:
        found = loader.load(chosen)
    except LabelgateError:
        return
    demand(
        found.fingerprint != data.fingerprint,
        f"{loader.name}: half the file has the fingerprint of the whole; digest the content",
    )
