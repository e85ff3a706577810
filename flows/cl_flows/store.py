"""What the steps hand each other, on disk: Prefect tasks pass the folder, never the arrays."""

import json
import pickle
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cl_core.dataset import Dataset, Predictions

_HEAD = "record.json"


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
    for name in ("labels", "pred_probs", "true_labels"):
        array = getattr(dataset, name)
        if array is not None:
            _save_array(folder / f"{name}.npy", array)
    match dataset.features:
        case None:
            pass
        case pd.DataFrame() as table:
            _arrow_ready(table).to_parquet(folder / "features.parquet")
        case np.ndarray() as array:
            _save_array(folder / "features.npy", array)
        case texts:
            (folder / "features.json").write_text(json.dumps(list(texts)), encoding="utf-8")
    (folder / _HEAD).write_text(json.dumps(head), encoding="utf-8")


def read_dataset(folder: Path) -> Dataset:
    """Read what `save_dataset` wrote."""
    head = json.loads((folder / _HEAD).read_text(encoding="utf-8"))
    return Dataset(
        **{**head, "classes": tuple(head["classes"]), "notes": tuple(head["notes"])},
        ids=np.asarray(_read_array(folder / "ids.npy")),
        labels=np.asarray(_read_array(folder / "labels.npy")),
        features=_read_features(folder),
        pred_probs=_read_array(folder / "pred_probs.npy"),
        true_labels=_read_array(folder / "true_labels.npy"),
    )


def save_predictions(predictions: Predictions, folder: Path) -> None:
    """Write predictions so that `read_predictions` gives them back."""
    folder.mkdir(parents=True)
    _save_array(folder / "pred_probs.npy", predictions.pred_probs)
    head = {key: value for key, value in asdict(predictions).items() if key != "pred_probs"}
    (folder / _HEAD).write_text(json.dumps(head), encoding="utf-8")


def read_predictions(folder: Path) -> Predictions:
    """Read what `save_predictions` wrote; the probabilities stay on disk, memory-mapped."""
    head = json.loads((folder / _HEAD).read_text(encoding="utf-8"))
    return Predictions(
        **{**head, "notes": tuple(head["notes"])}, pred_probs=_read_array(folder / "pred_probs.npy")
    )


def _save_array(path: Path, array: Any) -> None:
    ready = np.asarray(array)
    if ready.dtype.kind == "O":  # ids read from a table: numpy's own string type needs no pickle
        ready = ready.astype(np.str_)
    np.save(path, ready, allow_pickle=False)


def _read_array(path: Path) -> Any:
    return np.load(path, mmap_mode="r", allow_pickle=False) if path.exists() else None


def _read_features(folder: Path) -> Any:
    if (folder / "features.parquet").exists():
        return pd.read_parquet(folder / "features.parquet")
    if (folder / "features.json").exists():
        return json.loads((folder / "features.json").read_text(encoding="utf-8"))
    return _read_array(folder / "features.npy")


def _arrow_ready(table: pd.DataFrame) -> pd.DataFrame:
    """Turn columns that mix types into strings: Parquet has one type a column."""
    mixed = [
        name
        for name in table.columns
        if table[name].dtype == object and pd.api.types.infer_dtype(table[name]).startswith("mixed")
    ]
    texts = {name: table[name].map(str, na_action="ignore") for name in mixed}
    return table.assign(**texts).rename(columns=str)


def save_record(record: Any, path: Path) -> None:
    """Write a record of this run for the next step of this run."""
    path.write_bytes(pickle.dumps(record, protocol=5))


def read_record(path: Path) -> Any:
    """Read what `save_record` wrote: only ever a file of the run's own hidden folder."""
    return pickle.loads(path.read_bytes())  # noqa: S301 - written by this run, removed at its end
