"""The loader ``table``: files of rows and columns. What the columns mean, `assemble` knows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cl_core.dataset import Dataset
from cl_plugins.loaders.assemble import assemble
from cl_plugins.loaders.open_table import OpenTable
from cl_plugins.loaders.options import TABLE_ENDINGS, TableOptions
from cl_plugins.loaders.places import found


def load_table(options: TableOptions) -> Dataset:
    """Read a table with a label column; rows without a label are left out and counted."""
    with open_table(options.path, options.separator, options.encoding) as table:
        from cl_plugins.loaders.csv_table import CsvTable

        words = options.missing_labels if isinstance(table, CsvTable) else ()
        return assemble(table, options, missing=words)


@contextmanager
def open_table(
    path: Path | str, separator: str | None = None, encoding: str = "utf-8"
) -> Iterator[OpenTable]:
    """Open a file, folder, glob or URL of a table; it may be read as long as the block lasts."""
    with found(path, TABLE_ENDINGS) as place:
        from cl_plugins.loaders.arrow_files import ARROW_ENDINGS, open_arrow
        from cl_plugins.loaders.csv_table import CsvTable

        if place.ending in ARROW_ENDINGS:
            yield open_arrow(place)
        else:
            yield CsvTable(place, separator, encoding)
