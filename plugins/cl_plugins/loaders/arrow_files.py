"""Opens Parquet, Arrow, Feather and JSON Lines as record batches. Turns nothing into pandas."""

import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa

from cl_core.errors import InputError
from cl_plugins.loaders.arrow_table import ArrowTable, Batches, explained
from cl_plugins.loaders.open_table import BLOCK_ROWS
from cl_plugins.loaders.places import Place

# Else pyarrow holds the whole file, packed, while it goes through it in batches.
_BOUNDED: dict[str, Any] = {"pre_buffer": False, "buffer_size": 1 << 20}
# One line of JSON must fit into a block of this many bytes.
_LONGEST_LINE = 64 << 20
# Hive's name for: no value.
_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True, slots=True)
class _Part:
    columns: list[str]
    read: Batches


def open_arrow(place: Place) -> ArrowTable:
    """Open the parts of one table; each must have the columns of the first."""
    with explained(place.shown):
        parts = [_OPENERS[place.ending](file) for file in place.files]
    constants = [_hive_columns(file, place.root) for file in place.files]
    first = [*parts[0].columns, *constants[0]]
    for file, part, constant in zip(place.files, parts, constants, strict=True):
        if strange := sorted({*part.columns, *constant} ^ set(first)):
            raise InputError(
                f"{file.name!r} and {place.files[0].name!r} are parts of {place.shown!r} and differ in "
                f"column {strange[0]!r}",
                hint="parts of one table have the same columns: name the ones that belong together",
            )

    def batches(names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        for part, constant in zip(parts, constants, strict=True):
            inside = [name for name in names if name not in constant]
            for batch in part.read(inside):
                yield _with_constants(batch, names, constant)

    return ArrowTable(place.shown, place.stem, first, batches, place.notes)


def _with_constants(
    batch: pa.RecordBatch, names: Sequence[str], constant: Mapping[str, str | None]
) -> pa.RecordBatch:
    if not constant:
        return batch.select(list(names))
    n = batch.num_rows
    columns = [
        pa.repeat(pa.scalar(constant[name], pa.string()), n) if name in constant else batch.column(name)
        for name in names
    ]
    return pa.RecordBatch.from_arrays(columns, names=list(names))


def _hive_columns(file: Path, root: Path) -> dict[str, str | None]:
    """Columns that the folders between `root` and `file` name: ``label=cat/part-0.parquet``."""
    pairs = (part.split("=", 1) for part in file.relative_to(root).parent.parts if "=" in part)
    return {unquote(key): None if value == _HIVE_NULL else unquote(value) for key, value in pairs}


def _parquet(file: Path) -> _Part:
    import pyarrow.parquet as pq

    def read(names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(file, **_BOUNDED) as opened:
            yield from opened.iter_batches(BLOCK_ROWS, columns=list(names))

    with pq.ParquetFile(file) as opened:
        return _Part(list(opened.schema_arrow.names), read)


def read_ipc(file: Path) -> Iterator[pa.RecordBatch]:
    """Batches of an Arrow file or stream, or of Feather."""
    with pa.OSFile(str(file)) as source:
        yield from _ipc_batches(source)


def _ipc(file: Path) -> _Part:
    def read(names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        for batch in read_ipc(file):
            yield batch.select(list(names))

    with pa.OSFile(str(file)) as source:
        return _Part(list(_ipc_reader(source).schema.names), read)


def _ipc_batches(source: Any) -> Iterator[pa.RecordBatch]:
    reader = _ipc_reader(source)
    if hasattr(reader, "get_batch"):
        yield from map(reader.get_batch, range(reader.num_record_batches))
    else:
        yield from reader


def _ipc_reader(source: Any) -> Any:
    """Return the reader of the file format, which Feather is too, or of the stream format."""
    start = source.read(4)
    source.seek(0)
    if start == b"FEA1":
        raise InputError(
            "the file is Feather of version 1, which is no longer read",
            hint="write it again: pandas.DataFrame.to_feather writes version 2",
        )
    return pa.ipc.open_file(source) if start == b"ARRO" else pa.ipc.open_stream(source)


def _json_lines(file: Path) -> _Part:
    table = _read_json(file, [])
    # Text that looks like dates stays text: a class may be called 2026-11-24.
    dates = [field.name for field in table.schema if pa.types.is_temporal(field.type)]
    whole = _read_json(file, dates) if dates else table

    def read(names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        yield from whole.select(list(names)).to_batches(BLOCK_ROWS)

    return _Part(list(whole.column_names), read)


def _read_json(file: Path, texts: Sequence[str]) -> pa.Table:
    from pyarrow import json

    schema = pa.schema([(name, pa.string()) for name in texts]) if texts else None
    with _unpacked(file) as source:
        return json.read_json(
            source,
            read_options=json.ReadOptions(block_size=_LONGEST_LINE),
            parse_options=json.ParseOptions(explicit_schema=schema),
        )


def _unpacked(file: Path) -> Any:
    packed = file.name.lower().endswith(".gz")
    return gzip.open(file) if packed else file.open("rb")


_OPENERS: dict[str, Callable[[Path], _Part]] = {
    **dict.fromkeys((".parquet", ".pq"), _parquet),
    **dict.fromkeys((".arrow", ".feather", ".ipc"), _ipc),
    **dict.fromkeys((".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz"), _json_lines),
}
ARROW_ENDINGS = tuple(_OPENERS)
