"""Probabilities in Arrow tables, data frames and Parquet files, read block by block. No statistics."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cl_core.engine.source import Load, Source, check_form
from cl_core.errors import InputError
from cl_core.types import Probs

if TYPE_CHECKING:
    from cl_core.engine.plan import Scratch

_HINT = "keep one float column a class, in class order, or one list column; drop labels and ids first"


class TableSource:
    """A table in memory: pyarrow, pandas or polars, one float column a class or one list column."""

    kind = "table"

    def __init__(self, table: Any) -> None:
        self.table = table
        self.n = table.num_rows
        self.k, self.dtype = _form(table.schema, table.slice(0, 1))
        check_form(self.dtype, (self.n, self.k))

    def blocks(self, rows: int) -> Iterator[tuple[int, Load]]:
        """Yield loads that gather the columns of a slice."""
        for start in range(0, self.n, rows):
            yield start, partial(_gather, self.table.slice(start, rows), self.k, self.dtype)


class ParquetSource:
    """A Parquet file, read a batch at a time from its start in every sweep."""

    kind = "parquet"

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            file = pq.ParquetFile(path)
        except pa.ArrowInvalid as error:
            raise InputError(f"{path} cannot be read: {error}", hint="is it a Parquet file?") from error
        with file:
            self.n = file.metadata.num_rows
            first = next(file.iter_batches(1), None)
            table = file.schema_arrow.empty_table() if first is None else pa.Table.from_batches([first])
            self.k, self.dtype = _form(file.schema_arrow, table)
        check_form(self.dtype, (self.n, self.k))

    def blocks(self, rows: int) -> Iterator[tuple[int, Load]]:
        """Yield loads of decoded batches; decoding itself is shared among Arrow's own threads."""
        start = 0
        # Without buffering a whole row group's compressed pages are kept in memory.
        with pq.ParquetFile(self.path, buffer_size=1 << 20) as file:
            for batch in file.iter_batches(rows):
                yield start, partial(_gather, batch, self.k, self.dtype)
                start += batch.num_rows


def open_table(table: Any) -> Source:
    """Open a pyarrow table, record batch or list array, or a pandas or polars data frame."""
    if isinstance(table, (pa.Array, pa.ChunkedArray)):
        return TableSource(pa.table({"pred_probs": table}))
    if isinstance(table, pa.RecordBatch):
        return TableSource(pa.Table.from_batches([table]))
    if hasattr(table, "to_arrow"):
        table = table.to_arrow()
    elif not isinstance(table, pa.Table):
        table = pa.Table.from_pandas(table, preserve_index=False)
    return TableSource(table)


def open_parquet(path: Path) -> Source:
    """Open a Parquet file that holds probabilities and nothing else."""
    return ParquetSource(path)


def _form(schema: Any, head: Any) -> tuple[int, np.dtype[Any]]:
    """Tell the number of classes and the type of the cells."""
    kinds = {field.type for field in schema}
    if len(schema) == 1 and _is_list(schema[0].type):
        size = schema[0].type.list_size if pa.types.is_fixed_size_list(schema[0].type) else None
        if size is None:
            size = len(head.column(0)[0]) if head.num_rows else 0
        return size, np.dtype(schema[0].type.value_type.to_pandas_dtype())
    if len(kinds) != 1 or not pa.types.is_floating(next(iter(kinds))):
        raise InputError(
            f"the table's columns are of types {', '.join(sorted(map(str, kinds)))}, wanted one float type",
            hint=_HINT,
        )
    return len(schema), np.dtype(next(iter(kinds)).to_pandas_dtype())


def _is_list(kind: Any) -> bool:
    return bool(pa.types.is_fixed_size_list(kind) or pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _gather(batch: Any, k: int, dtype: np.dtype[Any], scratch: "Scratch") -> Probs:
    """Copy a slice of a table into the worker's buffer; an empty cell becomes NaN and is refused later."""
    block = scratch.get("table", (batch.num_rows, k), dtype)
    if batch.num_columns == 1 and _is_list(batch.schema[0].type):
        column = batch.column(0)
        chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
        flat = [chunk.flatten().to_numpy(zero_copy_only=False) for chunk in chunks]
        cells = np.concatenate(flat) if flat else np.empty(0, dtype)
        if len(cells) != block.size:
            raise InputError(
                f"the list column has {len(cells):,} cells in {batch.num_rows:,} rows of {k} classes",
                hint="every row must hold one probability a class",
            )
        block[:] = cells.reshape(block.shape)
        return block
    for j in range(k):
        column = batch.column(j)
        block[:, j] = (
            column.to_numpy()
            if isinstance(column, pa.ChunkedArray)
            else column.to_numpy(zero_copy_only=False)
        )
    return block
