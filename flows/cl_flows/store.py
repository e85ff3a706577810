"""What the steps hand each other, on disk: Prefect tasks pass the folder, never the arrays."""

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cl_core.dataset import Dataset, Predictions, View
from cl_core.media import Clips, MediaFiles

_HEAD = "record.json"
_ARRAYS = ("labels", "pred_probs", "true_labels", "groups", "times")


def save_dataset(dataset: Dataset, folder: Path) -> None:
    """Write a data set so that `read_dataset` gives it back, arrays memory-mapped."""
    folder.mkdir(parents=True)
    head = {
        "name": dataset.name,
        "classes": dataset.classes,
        "modality": dataset.modality,
        "fingerprint": dataset.fingerprint,
        "notes": dataset.notes,
        "n_unlabelled": dataset.n_unlabelled,
    }
    _save_array(folder / "ids.npy", dataset.ids)
    for name in _ARRAYS:
        array = getattr(dataset, name)
        if array is not None:
            _save_array(folder / f"{name}.npy", array)
    if dataset.source is not None:
        arrow_ready(dataset.source).to_parquet(folder / "source.parquet")
    _save_features(dataset.features, folder)
    (folder / _HEAD).write_text(json.dumps(head), encoding="utf-8")


def read_dataset(folder: Path) -> Dataset:
    """Read what `save_dataset` wrote."""
    head = _read_json(folder / _HEAD)
    return Dataset(
        **{**head, "classes": tuple(head["classes"]), "notes": tuple(head["notes"])},
        ids=np.asarray(_read_array(folder / "ids.npy")),
        features=_read_features(folder),
        source=_read_table(folder / "source.parquet"),
        **{name: _read_array(folder / f"{name}.npy") for name in _ARRAYS},
    )


def save_predictions(predictions: Predictions, folder: Path) -> None:
    """Write predictions so that `read_predictions` gives them back."""
    folder.mkdir(parents=True)
    _save_array(folder / "pred_probs.npy", predictions.pred_probs)
    for number, view in enumerate(predictions.views):
        _save_array(folder / f"view-{number}.npy", view.pred_probs)
    head = {
        "out_of_sample": predictions.out_of_sample,
        "model": predictions.model,
        "notes": predictions.notes,
        "views": [view.name for view in predictions.views],
    }
    (folder / _HEAD).write_text(json.dumps(head), encoding="utf-8")


def read_predictions(folder: Path) -> Predictions:
    """Read what `save_predictions` wrote; the probabilities stay on disk, memory-mapped."""
    head = _read_json(folder / _HEAD)
    views = tuple(
        View(name, _read_array(folder / f"view-{number}.npy")) for number, name in enumerate(head["views"])
    )
    return Predictions(
        pred_probs=_read_array(folder / "pred_probs.npy"),
        out_of_sample=head["out_of_sample"],
        model=head["model"],
        notes=tuple(head["notes"]),
        views=views,
    )


def _save_array(path: Path, array: Any) -> None:
    ready = np.asarray(array)
    if ready.dtype.kind == "O":  # ids read from a table: numpy's own string type needs no pickle
        ready = ready.astype(np.str_)
    np.save(path, ready, allow_pickle=False)


def _read_array(path: Path) -> Any:
    return np.load(path, mmap_mode="r", allow_pickle=False) if path.exists() else None


def _save_features(features: Any, folder: Path) -> None:
    match features:
        case None:
            pass
        case pd.DataFrame() as table:
            arrow_ready(table).to_parquet(folder / "features.parquet")
        case np.ndarray() as array:
            _save_array(folder / "features.npy", array)
        case MediaFiles(root, names):
            _save_array(folder / "files.npy", names)
            (folder / "files.json").write_text(json.dumps(root), encoding="utf-8")
        case Clips(samples, offsets, rate):
            _save_array(folder / "samples.npy", samples)
            _save_array(folder / "offsets.npy", offsets)
            (folder / "clips.json").write_text(json.dumps(rate), encoding="utf-8")
        case texts:
            (folder / "features.json").write_text(json.dumps(list(texts)), encoding="utf-8")


def _read_features(folder: Path) -> Any:
    if (folder / "features.parquet").exists():
        return _read_table(folder / "features.parquet")
    if (folder / "files.json").exists():
        return MediaFiles(_read_json(folder / "files.json"), _read_array(folder / "files.npy"))
    if (folder / "clips.json").exists():
        offsets = np.asarray(_read_array(folder / "offsets.npy"))
        return Clips(_read_array(folder / "samples.npy"), offsets, _read_json(folder / "clips.json"))
    if (folder / "features.json").exists():
        return _read_json(folder / "features.json")
    return _read_array(folder / "features.npy")


def _read_table(path: Path) -> pd.DataFrame | None:
    return pd.read_parquet(path) if path.exists() else None


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def mixed_columns(table: pd.DataFrame) -> list[str]:
    """Name the columns that hold values of several types; a list or a record a row is one type."""
    return [
        name
        for name in table.columns
        if table[name].dtype == object
        and pd.api.types.infer_dtype(table[name]).startswith("mixed")
        and not _nested(table[name])
    ]


def _nested(column: "pd.Series[Any]") -> bool:
    import pyarrow as pa

    filled = column.dropna()
    if not filled.map(lambda cell: isinstance(cell, list | dict | np.ndarray)).all():
        return False
    try:
        pa.array(filled, from_pandas=True)
    except (pa.ArrowException, ValueError, TypeError):
        return False
    return True


def arrow_ready(table: pd.DataFrame) -> pd.DataFrame:
    """Turn columns that mix types into strings: Parquet has one type a column."""
    texts = {name: table[name].map(str, na_action="ignore") for name in mixed_columns(table)}
    return table.assign(**texts).rename(columns=str)


def save_record(record: Any, path: Path) -> None:
    """Write a record of this run for the next step of this run."""
    path.write_bytes(pickle.dumps(record, protocol=5))


def read_record(path: Path) -> Any:
    """Read what `save_record` wrote: only ever a file of the run's own hidden folder."""
    return pickle.loads(path.read_bytes())  # noqa: S301 - written by this run, removed at its end
