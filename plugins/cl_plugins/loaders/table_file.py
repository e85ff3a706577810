"""Reads a table from disk: suffix, header, encoding, separator. Knows nothing of labels' meaning."""

from collections import Counter
from difflib import get_close_matches

import pandas as pd
import pyarrow as pa

from cl_core.errors import InputError
from cl_plugins.files import refuse_unreadable
from cl_plugins.loaders.options import TableOptions

_PARQUET = (".parquet", ".pq")
_OTHER_SEPARATORS = (";", "\t", "|", ",")
# The loader needs no more columns than this to help in an error.
_MAX_SHOWN = 20


def read_table(options: TableOptions) -> pd.DataFrame:
    """Read the file into a data frame; the label column of a text file stays as it was written."""
    path = options.path
    refuse_unreadable(path)
    try:
        if path.name.lower().endswith(_PARQUET):
            frame = pd.read_parquet(path, engine="pyarrow")
            require_columns(options, [str(column) for column in frame.columns])
        else:
            frame = _read_text(options)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name!r} is not {options.encoding} text: byte {error.object[error.start]:#04x} "
            f"at position {error.start:,}",
            hint="set `encoding`, for instance encoding: cp1252, or save the file as UTF-8",
        ) from error
    except LookupError as error:
        raise InputError(f"no encoding is called {options.encoding!r}", hint="such as utf-8") from error
    except (pd.errors.ParserError, pa.ArrowException, OSError, EOFError) as error:
        raise InputError(
            f"{path.name!r} could not be read as a table: {error}",
            hint="check that the file is whole, that its ending says what it is, and `separator`",
        ) from error
    if frame.empty:
        raise InputError(f"{path.name!r} has no rows", hint="check how the file was written")
    return frame


def require_columns(options: TableOptions, columns: list[str]) -> None:
    """Refuse twins among the columns, and options that name a column which is not there."""
    twins = [name for name, count in Counter(columns).items() if count > 1]
    if twins:
        raise InputError(
            f"{options.path.name!r} has several columns called {twins[0]!r}", hint="rename or drop one"
        )
    wanted: list[tuple[str, str | None]] = [
        ("label", options.label),
        ("id", options.id),
        ("true_labels", options.true_labels),
        *(("features", name) for name in options.features or ()),
        *(("drop", name) for name in options.drop),
    ]
    for option, name in wanted:
        if name is not None and name not in columns:
            near = get_close_matches(name, columns, n=1)
            shown = ", ".join(columns[:_MAX_SHOWN]) + (", ..." if len(columns) > _MAX_SHOWN else "")
            raise InputError(
                f"{options.path.name!r} has no column {name!r}, which `{option}` names",
                hint=f"{f'did you mean {near[0]!r}? ' if near else ''}columns: {shown}",
            )


def _read_text(options: TableOptions) -> pd.DataFrame:
    path = options.path
    separator = options.separator or ("\t" if ".tsv" in path.suffixes[-2:] else ",")
    header = _header(options, separator)
    require_columns(options, header)
    texts = [name for name in (options.label, options.true_labels) if name]
    # Marked cells are no words that pandas takes for "missing": what a label looks like is ours to say.
    frame = pd.read_csv(
        path,
        sep=separator,
        encoding=options.encoding,
        converters=dict.fromkeys(texts, "=".__add__),
        low_memory=False,
    )
    for name in texts:
        written = frame[name].str.slice(1)
        frame[name] = written.mask(written.str.strip().isin(options.missing_labels))
    return frame


def _header(options: TableOptions, separator: str) -> list[str]:
    """Column names as they are written, so that twins show."""
    try:
        first = pd.read_csv(
            options.path, sep=separator, encoding=options.encoding, header=None, nrows=1, dtype="str"
        )
    except pd.errors.EmptyDataError as error:
        raise InputError(f"{options.path.name!r} holds no table", hint="check how it was written") from error
    header = [str(name) for name in first.iloc[0]]
    if len(header) == 1:
        other = next((s for s in _OTHER_SEPARATORS if s != separator and s in header[0]), None)
        if other is not None:
            raise InputError(
                f"{options.path.name!r} has a single column {header[0]!r} when cut at {separator!r}",
                hint=f"set `separator`; the header looks as if it were {other!r}",
            )
    return header
