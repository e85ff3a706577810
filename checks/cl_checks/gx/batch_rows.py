"""The rows of a Great Expectations batch, in chunks of bounded size: pandas, SQL, Spark. No statistics.

Great Expectations is imported by those who call this: the engines it hands over are used as they are.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import pandas as pd

from cl_core.errors import InputError

# Of 100 classes a chunk takes 50 MB: small beside what a worker has, large beside the cost of a fetch.
CHUNK_ROWS = 1 << 16


def pandas_chunks(table: pd.DataFrame, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
    """Give a table that is in memory as one chunk with its own index."""
    _refuse_missing(columns, list(table.columns))
    yield table[list(columns)]


def sql_chunks(engine: Any, selectable: Any, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
    """Stream the columns from the database, all chunks of one query and so of one state of the table."""
    import sqlalchemy as sa

    named: list[Any] = [sa.column(column) for column in columns]
    query = sa.select(*named).select_from(selectable)
    options = {"stream_results": True, "yield_per": CHUNK_ROWS}
    with engine.get_connection() as connection, connection.execute(query, execution_options=options) as found:
        for rows in found.partitions():
            yield pd.DataFrame.from_records(rows, columns=list(columns))


def spark_chunks(table: Any, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
    """Stream the columns from a Spark data frame, one partition in memory at a time."""
    _refuse_missing(columns, table.columns)
    rows = table.select(*(f"`{column}`" for column in columns)).toLocalIterator()
    while chunk := list(islice(rows, CHUNK_ROWS)):
        yield pd.DataFrame.from_records(chunk, columns=list(columns))


def pandas_groups(table: pd.DataFrame, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Count the rows of each combination of values, missing ones included; the count comes last."""
    _refuse_missing(columns, list(table.columns))
    sizes = table.groupby(list(columns), dropna=False, observed=True, sort=False).size()
    return [(*key, int(count)) for key, count in zip(sizes.index, sizes, strict=True)]


def sql_groups(engine: Any, selectable: Any, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Let the database count the rows of each combination of values; the count comes last."""
    import sqlalchemy as sa

    named: list[Any] = [sa.column(column) for column in columns]
    query = sa.select(*named, sa.func.count()).select_from(selectable).group_by(*named)
    return [(*row[:-1], int(row[-1])) for row in map(tuple, engine.execute_query(query).fetchall())]


def spark_groups(table: Any, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Let Spark count the rows of each combination of values; the count comes last."""
    _refuse_missing(columns, table.columns)
    counted = table.groupBy(*(f"`{column}`" for column in columns)).count()
    return [(*row[:-1], int(row[-1])) for row in counted.collect()]


def _refuse_missing(wanted: Sequence[str], there: Sequence[Any]) -> None:
    missing = sorted({str(column) for column in wanted if column not in there})
    if missing:
        raise InputError(
            f"the table has no column {', '.join(missing)}", hint=f"it has {', '.join(map(str, there))}"
        )
