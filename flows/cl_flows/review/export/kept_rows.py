"""The corrected data set out of the rows that a run kept, where the source cannot be rewritten."""

import json
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from cl_core.dataset import Dataset
from cl_core.errors import ConfigError
from cl_core.media import Clips, MediaFiles
from cl_flows.corrections.source import corrected_source
from cl_flows.review.export.labels import NewLabels
from cl_flows.review.export.media_tree import write_manifest
from cl_plugins.stored_rows import arrow_ready

ENDINGS = (".csv", ".parquet", ".jsonl", ".npz")


def ending_for(dataset: Dataset) -> str:
    """Return how a file must end that can hold these rows; empty where every form of table can."""
    if dataset.source is not None or isinstance(dataset.features, pd.DataFrame | list | MediaFiles):
        return ""
    return ".npz"


def write_kept_rows(target: Path, ending: str, dataset: Dataset, labels: NewLabels, why: str) -> None:
    """Write the rows that stay, with their labels, as the ending says; `why` it is not the source."""
    wanted = ending_for(dataset)
    if ending not in ENDINGS or (ending == ".npz") != (wanted == ".npz"):
        raise ConfigError(
            f"these rows cannot be written as {ending or 'a file without an ending'}, and {why}",
            hint=f"name a file that ends in {wanted or 'one of .csv, .parquet, .jsonl'}",
        )
    if ending == ".npz":
        _write_npz(target, dataset, labels)
    elif isinstance(dataset.features, MediaFiles) and dataset.source is None:
        write_manifest(target, dataset.features, labels)
    else:
        _write_table(target, ending, _table(dataset, labels))


def _table(dataset: Dataset, labels: NewLabels) -> pd.DataFrame:
    stays = np.flatnonzero(~labels.leaves)
    codes = {name: code for code, name in enumerate(dict.fromkeys((*dataset.classes, *labels.final)))}
    new = np.array([codes[name] for name in labels.final])
    widened = _with_classes(dataset, tuple(codes))
    table, problems = corrected_source(widened, new, labels.changed.astype(np.intp), None)
    if table is None or problems:
        table = _features(dataset) if dataset.source is None else dataset.source
        names = [str(name) for name in table.columns]
        table = table.assign(**{_free("label", names): list(labels.final)})
        table.insert(0, _free("id", names), dataset.ids)
    return table.iloc[stays].reset_index(drop=True)


def _with_classes(dataset: Dataset, classes: tuple[str, ...]) -> Dataset:
    from dataclasses import replace

    return replace(dataset, classes=classes, pred_probs=None)


def _features(dataset: Dataset) -> pd.DataFrame:
    match dataset.features:
        case pd.DataFrame() as table:
            return table
        case texts:
            return pd.DataFrame({"text": list(texts)})


def _free(name: str, taken: list[str]) -> str:
    return name if name not in taken else _free(f"{name}_", taken)


def _write_table(target: Path, ending: str, table: pd.DataFrame) -> None:
    match ending:
        case ".csv":
            table.to_csv(target, index=False)
        case ".parquet":
            arrow_ready(table).to_parquet(target, index=False)
        case _:
            _write_json_lines(target, table)


def _write_json_lines(target: Path, table: pd.DataFrame) -> None:
    """Write an object a row, every number whole: pandas' own writer keeps ten digits."""
    rows = pa.Table.from_pandas(arrow_ready(table), preserve_index=False)
    with target.open("w", encoding="utf-8", newline="\n") as out:
        for batch in rows.to_batches(max_chunksize=10_000):
            for row in batch.to_pylist():
                out.write(json.dumps(row, ensure_ascii=False, default=_plain) + "\n")


def _plain(value: Any) -> Any:
    match value:
        case date() | time():
            return value.isoformat()
        case Decimal():
            return float(value)
        case bytes():
            raise ConfigError(
                f"bytes such as {value[:20]!r} have no form in JSON", hint="name a file that ends in .parquet"
            )
        case _:
            return str(value)


def _write_npz(target: Path, dataset: Dataset, labels: NewLabels) -> None:
    stays = np.flatnonzero(~labels.leaves)
    arrays: dict[str, Any] = {
        "labels": np.array([labels.final[i] for i in stays.tolist()]),
        "ids": np.asarray(dataset.ids)[stays],
    }
    match dataset.features:
        case Clips() as clips:
            some = clips.take(stays)
            arrays |= {"audio": some.samples, "offsets": some.offsets, "rate": np.array(some.rate)}
        case None:
            pass
        case array:
            name = "images" if dataset.modality == "image" else "features"
            arrays[name] = np.asarray(array)[stays]
    if dataset.pred_probs is not None and set(labels.final) <= set(dataset.classes):
        arrays |= {"pred_probs": np.asarray(dataset.pred_probs)[stays], "classes": np.array(dataset.classes)}
    with target.open("wb") as file:
        np.savez_compressed(file, **arrays)
