"""A data set as a folder of files that are read in place. Knows no run and no format of people's own.

Arrays lie in NumPy's format, tables and texts in Arrow's (uncompressed), so that one row of a million is
looked at without reading the others.
"""

import json
from collections.abc import Iterator, Sequence
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, overload

import numpy as np
import pandas as pd

from cl_core.dataset import Dataset
from cl_core.media import Clips, MediaFiles
from cl_core.types import Indices

_HEAD = "record.json"
_ARRAYS = ("labels", "pred_probs", "true_labels", "groups", "times")
# What is computed of the rows later lies beside them under such names: no part of their digest.
EXTRA = "vectors"


def save_dataset(dataset: Dataset, folder: Path, *, with_probabilities: bool = True) -> None:
    """Write a data set so that `read_dataset` gives it back; its probabilities may be left out."""
    folder.mkdir(parents=True)
    head = {
        "name": dataset.name,
        "classes": dataset.classes,
        "modality": dataset.modality,
        "fingerprint": dataset.fingerprint,
        "notes": dataset.notes,
        "n_unlabelled": dataset.n_unlabelled,
    }
    save_array(folder / "ids.npy", dataset.ids)
    for name in _ARRAYS:
        array = getattr(dataset, name)
        if array is not None and (with_probabilities or name != "pred_probs"):
            save_array(folder / f"{name}.npy", array)
    if dataset.source is not None:
        _save_table(dataset.source, folder / "source.arrow")
    _save_features(dataset.features, folder)
    (folder / _HEAD).write_text(json.dumps(head), encoding="utf-8")


def read_dataset(folder: Path) -> Dataset:
    """Read what `save_dataset` wrote, as a loader would give it; arrays stay on disk, memory-mapped."""
    return _dataset(folder, in_place=False)


def map_dataset(folder: Path) -> Dataset:
    """Read what `save_dataset` wrote for looking at single rows: tables and texts stay on disk, too.

    Tables have Arrow's types, and texts are a sequence that is no list: no backend is given these.
    """
    return _dataset(folder, in_place=True)


def map_table(folder: Path, name: str = "source") -> Any:
    """Return the Arrow table of `source`, `features` or another name, memory-mapped; None without one."""
    path = folder / f"{name}.arrow"
    return _mapped(path) if path.exists() else None


def digest_of_rows(folder: Path) -> str:
    """Digest the files that `save_dataset` wrote: 64 hexadecimal digits."""
    whole = sha256()
    for file in sorted(folder.iterdir()):
        if not file.name.startswith((EXTRA, ".")):
            with file.open("rb") as opened:
                whole.update(f"{file.name} {file_digest(opened, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()


class MappedTexts(Sequence[str]):
    """Texts that lie in a file and are decoded one by one."""

    def __init__(self, cells: Any) -> None:
        self.cells = cells

    def __len__(self) -> int:
        return len(self.cells)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(len(self)))]
        return _text(self.cells[row].as_py())

    def __iter__(self) -> Iterator[str]:
        return map(_text, self.cells.to_pylist())

    def take(self, rows: Indices) -> list[str]:
        """Return the texts of `rows`, decoded at one stroke."""
        return list(map(_text, self.cells.take(rows).to_pylist()))


def _text(cell: str | bytes) -> str:
    return cell if isinstance(cell, str) else cell.decode("utf-8", "surrogatepass")


def save_array(path: Path, array: Any) -> None:
    """Write an array; one of objects as texts, which need no pickle."""
    ready = np.asarray(array)
    if ready.dtype.kind == "O":  # ids read from a table: numpy's own string type needs no pickle
        ready = ready.astype(np.str_)
    np.save(path, ready, allow_pickle=False)


def read_array(path: Path) -> Any:
    """Return the array in a file, memory-mapped; None where there is no file."""
    return np.load(path, mmap_mode="r", allow_pickle=False) if path.exists() else None


def _dataset(folder: Path, *, in_place: bool) -> Dataset:
    head = _read_json(folder / _HEAD)
    return Dataset(
        **{**head, "classes": tuple(head["classes"]), "notes": tuple(head["notes"])},
        ids=np.asarray(read_array(folder / "ids.npy")),
        features=_read_features(folder, in_place=in_place),
        source=_read_table(folder / "source.arrow", in_place=in_place),
        **{name: read_array(folder / f"{name}.npy") for name in _ARRAYS},
        checked_before=in_place,
    )


def _save_features(features: Any, folder: Path) -> None:
    match features:
        case None:
            pass
        case pd.DataFrame() as table:
            _save_table(table, folder / "features.arrow")
        case np.ndarray() as array:
            save_array(folder / "features.npy", array)
        case MediaFiles(root, names):
            save_array(folder / "files.npy", names)
            (folder / "files.json").write_text(json.dumps(root), encoding="utf-8")
        case Clips(samples, offsets, rate):
            save_array(folder / "samples.npy", samples)
            save_array(folder / "offsets.npy", offsets)
            (folder / "clips.json").write_text(json.dumps(rate), encoding="utf-8")
        case texts:
            _save_texts(texts, folder / "texts.arrow")


def _read_features(folder: Path, *, in_place: bool) -> Any:
    if (folder / "features.arrow").exists():
        return _read_table(folder / "features.arrow", in_place=in_place)
    if (folder / "files.json").exists():
        return MediaFiles(_read_json(folder / "files.json"), read_array(folder / "files.npy"))
    if (folder / "clips.json").exists():
        offsets = np.asarray(read_array(folder / "offsets.npy"))
        return Clips(read_array(folder / "samples.npy"), offsets, _read_json(folder / "clips.json"))
    if (folder / "texts.arrow").exists():
        texts = MappedTexts(_mapped(folder / "texts.arrow")["text"])
        return texts if in_place else list(texts)
    return read_array(folder / "features.npy")


def _save_texts(texts: Any, path: Path) -> None:
    import pyarrow as pa

    try:
        cells = pa.array(texts, pa.large_string())
    except UnicodeEncodeError:  # half a character, which UTF-8 has no form for: bytes then
        cells = pa.array([text.encode("utf-8", "surrogatepass") for text in texts], pa.large_binary())
    write_table(pa.table({"text": cells}), path)


def _save_table(table: pd.DataFrame, path: Path) -> None:
    import pyarrow as pa

    write_table(pa.Table.from_pandas(arrow_ready(table)), path)


def write_table(table: Any, path: Path) -> None:
    """Write an Arrow table so that `map_table` reads it in place."""
    import pyarrow as pa

    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def _mapped(path: Path) -> Any:
    import pyarrow as pa

    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def _read_table(path: Path, *, in_place: bool) -> pd.DataFrame | None:
    if not path.exists():
        return None
    return _mapped(path).to_pandas(types_mapper=pd.ArrowDtype) if in_place else pd.read_feather(path)


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
    """Turn columns that mix types into strings: Arrow and Parquet have one type a column."""
    texts = {name: table[name].map(str, na_action="ignore") for name in mixed_columns(table)}
    return table.assign(**texts).rename(columns=str)
