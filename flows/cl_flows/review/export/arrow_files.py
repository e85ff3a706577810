"""Rewrites one column of Parquet, Arrow and Feather files; schema, types and row groups stay."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cl_flows.review.export.labels import OtherSourceError, Speller, typed_like


def rewrite_parquet(source: Path, target: Path, column: str, speller: Speller) -> None:
    """Write `source` to `target` with new labels, row group by row group, packed as it was."""
    with pq.ParquetFile(source) as file:
        known = _learnt(file.read(columns=[column])[column], speller)
        codecs = {}
        if file.metadata.num_row_groups:
            group = file.metadata.row_group(0)
            chunks = [group.column(i) for i in range(group.num_columns)]
            codecs = {chunk.path_in_schema: chunk.compression for chunk in chunks}
        with pq.ParquetWriter(target, file.schema_arrow, compression=codecs or "snappy") as writer:
            for i in range(file.metadata.num_row_groups):
                writer.write_table(_rewritten(file.read_row_group(i), column, speller, known))


def rewrite_ipc(source: Path, target: Path, column: str, speller: Speller) -> None:
    """Write an Arrow file or stream, or a Feather file, batch by batch."""
    with pa.OSFile(str(source)) as opened:
        start = opened.read(4)
        opened.seek(0)
        is_file = start == b"ARRO"
        reader = pa.ipc.open_file(opened) if is_file else pa.ipc.open_stream(opened)
        batches = list(map(reader.get_batch, range(reader.num_record_batches)) if is_file else reader)
        whole = pa.Table.from_batches(batches, reader.schema)
        known = _learnt(whole[column], speller)
        make = pa.ipc.new_file if is_file else pa.ipc.new_stream
        with pa.OSFile(str(target), "wb") as sink, make(sink, reader.schema) as writer:
            for batch in batches:
                table = pa.Table.from_batches([batch], reader.schema)
                writer.write_table(_rewritten(table, column, speller, known))


def _learnt(column: pa.ChunkedArray, speller: Speller) -> list[Any]:
    known = [value for value in column.to_pylist() if not _is_missing(value)]
    speller.learn(known)
    return known


def _rewritten(table: pa.Table, column: str, speller: Speller, known: list[Any]) -> pa.Table:
    values, stays = table[column].to_pylist(), []
    changed = False
    for i, value in enumerate(values):
        if _is_missing(value):
            stays.append(True)
            continue
        stay, new, word = speller.next()
        stays.append(stay)
        if new is not None:
            changed = True
            values[i] = typed_like(new, known) if word is None else word
    if changed:
        place = table.schema.get_field_index(column)
        table = table.set_column(place, table.schema.field(place), _typed(values, table[column]))
    return table.filter(pa.array(stays)) if not all(stays) else table


def _typed(values: list[Any], before: pa.ChunkedArray) -> pa.Array:
    """Return the values in the type of the column; a dictionary keeps its words and their order."""
    kind = before.type
    try:
        if not pa.types.is_dictionary(kind):
            return pa.array(values, type=kind)
        chunks = before.unify_dictionaries().chunks
        words = chunks[0].dictionary.to_pylist() if chunks else []
        words = list(dict.fromkeys([*words, *(one for one in values if one is not None)]))
        code = {word: i for i, word in enumerate(words)}
        return pa.DictionaryArray.from_arrays(
            pa.array([code.get(value) for value in values], type=kind.index_type),
            pa.array(words, type=kind.value_type),
            ordered=kind.ordered,
        )
    except (pa.ArrowException, TypeError, OverflowError) as error:
        raise OtherSourceError(f"the column of {kind} does not hold a new label: {error}") from error


def _is_missing(value: Any) -> bool:
    return value is None or value != value  # noqa: PLR0124 - NaN
