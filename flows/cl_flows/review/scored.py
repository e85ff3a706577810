"""What a run says of its rows in numbers, read in place, and its texts when first asked for. Finds no row."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cl_core.types import Mask
from cl_flows.kept.places import INDEX, OLD_TOP_FILE
from cl_flows.kept.run import KeptRun
from cl_flows.runs import SCORED_FILE
from cl_plugins.stored_rows import map_table, read_array

Codes: TypeAlias = NDArray[np.signedinteger[Any]]  # class numbers, in as few bytes as they take
Top: TypeAlias = tuple[Sequence[Codes], Sequence[NDArray[np.float32]]]

_LABELS = ("given_label", "suggested_label")
_IDS = "Uiu"  # texts and whole numbers; anything else may be spelt otherwise in the scored table


class ScoredRows:
    """Columns of a run's rows as arrays.

    Attributes
    ----------
    given, suggested
        Class numbers, shape ``(n,)``.
    quality
        Label quality in 0..1, shape ``(n,)``.
    flagged
        Whether each row is called a label issue, shape ``(n,)``.
    rank
        1 for the row to look at first, shape ``(n,)``.
    """

    given: Codes
    suggested: Codes
    quality: NDArray[np.float64]
    flagged: Mask
    rank: NDArray[np.signedinteger[Any]]

    def __init__(self, run: KeptRun) -> None:
        self._run, self._folder = run, run.folder
        self._index = map_table(run.folder, INDEX)
        if self._index is None:
            self._read_scored(run.classes)
            return
        self.given, self.suggested, self.quality, self.flagged, self.rank = (
            _array(self._index[name]) for name in ("given", "suggested", "quality", "flagged", "rank")
        )

    def id_of(self, position: int) -> str:
        """Return what people call a row: as it was kept, which reads no other, else as it was scored."""
        kept = self._kept_ids
        return str(self.id_texts[position].as_py() if kept is None else kept[position])

    def with_id(self, beginning: str) -> Mask:
        """Say which rows have an id that begins so."""
        import pyarrow.compute as pc

        kept = self._kept_ids
        if kept is None or kept.dtype.kind != "U" or "\0" in beginning:
            return np.asarray(pc.starts_with(self.id_texts, beginning))
        fits = np.zeros(len(kept), dtype=bool)
        # Characters of each row, filled up with NULs: compared in place; Arrow would read all ids first.
        letters = kept.view(np.uint32).reshape(len(kept), -1)
        if len(beginning) > letters.shape[1]:
            return fits
        rows = np.arange(len(kept))
        for at in range(len(beginning) - 1, -1, -1):  # from behind, as ids mostly begin alike
            rows = rows[letters[rows, at] == ord(beginning[at])]
        fits[rows] = True
        return fits

    @cached_property
    def _kept_ids(self) -> NDArray[Any] | None:
        kept = read_array(self._run.rows_folder() / "ids.npy") if self._run.has_rows() else None
        return kept if kept is not None and kept.dtype.kind in _IDS else None

    @cached_property
    def ids(self) -> Any:
        """What people call the rows, as an Arrow array."""
        return _read(self._folder / SCORED_FILE, ("id",))["id"].combine_chunks()

    @cached_property
    def id_texts(self) -> Any:
        """The ids as texts."""
        import pyarrow as pa
        import pyarrow.compute as pc

        return pc.cast(self.ids, pa.large_string())

    @cached_property
    def reasons(self) -> Any:
        """Why rows were flagged, as an Arrow array."""
        name = "reasons"
        return _read(self._folder / SCORED_FILE, (name,), dictionaries=(name,))[name].combine_chunks()

    @cached_property
    def top(self) -> Top | None:
        """The most probable classes, most probable first, and their probabilities: an array a place.

        None for a run of a labelgate that left none.
        """
        table = self._index
        if table is None:
            path = self._folder / OLD_TOP_FILE
            if not path.exists():
                return None
            table = _read(path)
        places = range(1, table.num_columns + 1)
        names = [(f"class_{i}", f"p_{i}") for i in places if f"p_{i}" in table.column_names]
        return [_array(table[name]) for name, _ in names], [_array(table[name]) for _, name in names]

    def _read_scored(self, classes: Sequence[str]) -> None:
        """Read the same from the scored table, for a run of a labelgate that left no index."""
        names = (*_LABELS, "label_quality", "is_label_issue", "rank")
        table = _read(self._folder / SCORED_FILE, names, dictionaries=_LABELS)
        code = {name: number for number, name in enumerate(classes)}
        self.given, self.suggested = (_codes(table[name], code) for name in _LABELS)
        self.quality, self.flagged, self.rank = (_array(table[name]) for name in names[2:])


def _read(path: Path, columns: Sequence[str] | None = None, dictionaries: Sequence[str] = ()) -> Any:
    """Read a Parquet file by its own reader: `read_table` first imports much that one file does not need."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, read_dictionary=list(dictionaries), memory_map=True) as file:
        return file.read(None if columns is None else list(columns))


def _array(column: Any) -> Any:
    """Return a column as an array: where it lies, if it can be."""
    whole = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return whole.to_numpy(zero_copy_only=False)


def _codes(labels: Any, code: dict[str, int]) -> NDArray[np.int32]:
    """Turn label names, dictionary-encoded in the file, into class numbers."""
    out = []
    for chunk in labels.chunks:
        of = np.array([code[name] for name in chunk.dictionary.to_pylist()], dtype=np.int32)
        out.append(of[chunk.indices.to_numpy()])
    return np.concatenate(out) if out else np.empty(0, np.int32)
