"""Streams the rows of a statement into Arrow columns. Knows no label's meaning."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import PurePath
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection

from cl_plugins.loaders.arrow_table import ArrowTable
from cl_plugins.loaders.database_url import DatabaseUrl
from cl_plugins.loaders.open_table import BLOCK_ROWS
from cl_plugins.loaders.sql_statement import Statement

# Rows of Python objects held at once; each is some hundred bytes.
_ROWS_AT_ONCE = 10_000
# What Arrow has types for; anything else, such as a UUID or an address, is taken as it prints.
_KNOWN = (str, bool, int, float, bytes, date, datetime, time, timedelta, list, dict)
_LARGEST = 2**63


def read_rows(
    connection: Connection, statement: Statement, url: DatabaseUrl, notes: tuple[str, ...]
) -> ArrowTable:
    """Run the statement and keep its rows as Arrow columns: a few bytes a cell, once."""
    # Without this, drivers would read the % of LIKE 'a%' as the place of a parameter.
    plain = connection.execution_options(no_parameters=True, stream_results=True, yield_per=_ROWS_AT_ONCE)
    result = plain.exec_driver_sql(statement.sql)
    names = [str(name) for name in result.keys()]  # noqa: SIM118 - not a mapping
    chunks: list[list[pa.Array]] = [[] for _ in names]
    for rows in result.partitions(_ROWS_AT_ONCE):
        for column, values in zip(chunks, zip(*rows, strict=True), strict=True):
            column.append(_array(values))
    joined = [_joined(column) for column in chunks]
    texts = [name for name, (_, mixed) in zip(names, joined, strict=True) if mixed]
    mixed = tuple(f"column {name!r} mixes kinds of values and is read as text" for name in texts)
    whole = pa.Table.from_arrays([column for column, _ in joined], names=names)

    def batches(wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
        yield from whole.select(list(wanted)).to_batches(BLOCK_ROWS)

    what = f"{statement.what} of {url.shown}"
    database = PurePath(url.parsed.database or "").stem or "database"
    return ArrowTable(
        what, statement.what if statement.what != "query" else database, names, batches, (*notes, *mixed)
    )


def _array(values: Sequence[Any]) -> pa.Array:
    plain = [bytes(v) if isinstance(v, memoryview) else v for v in values]
    if any(isinstance(v, Decimal) for v in plain):
        plain = _floats(plain)
    plain = [v if v is None or isinstance(v, _KNOWN) else str(v) for v in plain]
    try:
        return pa.array(plain)
    except (pa.ArrowException, OverflowError):
        return pa.array([None if v is None else str(v) for v in plain], pa.string())


def _floats(values: list[Any]) -> list[Any]:
    """Decimals as whole numbers where all of them are, as floats elsewhere."""
    whole = all(
        not isinstance(v, Decimal) or (v.is_finite() and v == v.to_integral_value() and abs(v) < _LARGEST)
        for v in values
    )
    return [(int(v) if whole else float(v)) if isinstance(v, Decimal) else v for v in values]


def _joined(chunks: list[pa.Array]) -> tuple[pa.ChunkedArray, bool]:
    """One column of all chunks; text, and True, where their types have nothing in common."""
    if not chunks:
        return pa.chunked_array([], pa.null()), False
    try:
        tables = [pa.table({"column": chunk}) for chunk in chunks]
        return pa.concat_tables(tables, promote_options="permissive")["column"], False
    except pa.ArrowException:
        return pa.chunked_array([chunk.cast(pa.string()) for chunk in chunks]), True
