"""A table that comes as Arrow record batches, whatever they lie in. Knows no label's meaning."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cl_core.errors import InputError
from cl_plugins.loaders.open_table import Cells

# Gives batches of the columns named, in the order of the rows.
Batches: TypeAlias = Callable[[Sequence[str]], Iterator[pa.RecordBatch]]

# pandas writes an index without a name under this one; it numbers the rows of a frame that is gone.
_UNNAMED_INDEX = re.compile(r"__index_level_\d+__")


class ArrowTable:
    """Columns by name, batches when asked for."""

    def __init__(
        self, shown: str, stem: str, columns: Sequence[str], batches: Batches, notes: tuple[str, ...] = ()
    ) -> None:
        self.shown, self.stem = shown, stem
        index = [name for name in columns if _UNNAMED_INDEX.fullmatch(name)]
        self.columns = [name for name in columns if name not in index]
        left_out = f"the nameless index of the pandas frame that was written to {shown!r} is left out"
        self.notes = (*notes, left_out) if index else notes
        self._batches = batches

    def read(
        self,
        names: Sequence[str],
        wide: Sequence[str],  # noqa: ARG002 - read when asked for, not before
        written: Mapping[str, tuple[str, ...]],  # noqa: ARG002 - cells have types here
    ) -> Cells:
        """Read the columns; numbers are read batch by batch when they are asked for."""
        with explained(self.shown):
            return Cells(to_frame(self._whole(names)), self._numbers)

    def _whole(self, names: Sequence[str]) -> pa.Table:
        parts = [pa.Table.from_batches([batch]) for batch in self._batches(names)]
        if not parts:
            return pa.table({name: pa.array([], pa.null()) for name in names})
        return pa.concat_tables(parts, promote_options="permissive").select(list(names))

    def _numbers(self, order: Sequence[str]) -> Iterator[NDArray[Any]]:
        with explained(self.shown):
            for batch in self._batches(order):
                yield _matrix(batch, order)


@contextmanager
def explained(shown: str) -> Iterator[None]:
    """Turn Arrow's errors into ours, which name the table."""
    try:
        yield
    except (pa.ArrowException, OSError, EOFError) as error:
        raise InputError(
            f"{shown!r} could not be read as a table: {error}",
            hint="check that the file is whole, that its ending says what it is, and that its parts agree",
        ) from error


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Turn an Arrow table into a data frame without a second copy of columns that need none."""
    return pd.DataFrame({name: _series(table[name]) for name in table.column_names}, copy=False)


def _series(column: pa.ChunkedArray) -> Any:
    kind = column.type
    if pa.types.is_decimal(kind):
        column, kind = _plain(column), pa.float64()
    if pa.types.is_string_view(kind):
        column = column.cast(pa.large_string())
    if column.null_count and pa.types.is_boolean(kind):
        return column.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get)
    if column.null_count and pa.types.is_integer(kind):  # as floats, large ones would run together
        nullable = pd.UInt64Dtype() if pa.types.is_unsigned_integer(kind) else pd.Int64Dtype()
        return column.to_pandas(types_mapper=lambda _: nullable)
    return column.to_pandas()


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Decimals as whole numbers where they are, as floats elsewhere."""
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column.cast(pa.float64())


def _matrix(batch: pa.RecordBatch, order: Sequence[str]) -> NDArray[Any]:
    kinds = [batch.schema.field(name).type for name in order]
    if wrong := [n for n, kind in zip(order, kinds, strict=True) if not _is_number(kind)]:
        raise TypeError(f"column {wrong[0]!r} holds {batch.schema.field(wrong[0]).type}")
    narrow = {pa.float32(), pa.float16()}
    wanted = np.result_type(*(k.to_pandas_dtype() for k in kinds)) if narrow >= set(kinds) else np.float64
    out = np.empty((batch.num_rows, len(order)), dtype=wanted)
    for j, name in enumerate(order):
        values = batch.column(name)
        if pa.types.is_decimal(values.type) or pa.types.is_null(values.type):
            values = pc.cast(values, pa.float64())
        out[:, j] = values.to_numpy(zero_copy_only=False)
    return out


def _is_number(kind: Any) -> bool:
    is_a = pa.types
    return bool(
        is_a.is_floating(kind) or is_a.is_integer(kind) or is_a.is_decimal(kind) or is_a.is_null(kind)
    )
