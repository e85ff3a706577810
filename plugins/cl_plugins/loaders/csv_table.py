"""Reads CSV and TSV: header, encoding, separator, cells as they were written. Knows no label's meaning."""

import csv
import gzip
import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cl_core.errors import InputError
from cl_plugins.loaders.open_table import BLOCK_ROWS, Cells
from cl_plugins.loaders.places import Place

_OTHER_SEPARATORS = (";", "\t", "|", ",")


def fitting_separator(line: str, usual: str) -> str:
    """Return `usual` where it cuts a header into several cells, else what cuts it into most."""

    def cells(separator: str) -> int:
        return len(next(csv.reader([line], delimiter=separator), []))

    best = max((usual, *_OTHER_SEPARATORS), key=cells)
    return usual if cells(usual) > 1 else best


class CsvTable:
    """One CSV file, or several with the same header that are read as one.

    Attributes
    ----------
    separator
        What stands between two cells.
    """

    def __init__(self, place: Place, separator: str | None, encoding: str) -> None:
        self.shown, self.stem, self.notes = place.shown, place.stem, place.notes
        self._files = place.files
        self._encoding = encoding
        usual = "\t" if ".tsv" in place.ending else ","
        with self._explained():
            self.separator = separator or self._fitting(place.files[0], usual)
            self.columns = self._header(place.files[0])
            for part in place.files[1:]:
                if self._header(part) != self.columns:
                    raise InputError(
                        f"{part.name!r} has another header than {place.files[0].name!r}",
                        hint="parts of one table have the same columns in the same order",
                    )

    def _fitting(self, file: Path, usual: str) -> str:
        with self._opened(file) as text:
            line = next((line for line in text if line.strip()), "")
        found = fitting_separator(line, usual)
        if found != usual:
            self.notes = (*self.notes, f"cells are cut at {found!r}: the header has no {usual!r}")
        return found

    def read(
        self, names: Sequence[str], wide: Sequence[str], written: Mapping[str, tuple[str, ...]]
    ) -> Cells:
        """Read the file whole: with some columns only, pandas no longer sees rows of another length.

        In a column of `written`, only the words named mean: no value.
        """
        with self._explained(), self._text() as text, warnings.catch_warnings():
            # Rows with more cells than the header has names: pandas warns and drops the last cells.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                text,
                sep=self.separator,
                index_col=False,
                # A marked cell is no word that pandas takes for "missing", and =007 is no number.
                converters=dict.fromkeys(written, "=".__add__),
                low_memory=False,
            )
        for name, words in written.items():
            cells = frame[name].str.slice(1)
            frame[name] = cells.mask(cells.str.strip().isin(words))
        probabilities = frame[list(wide)]
        return Cells(frame[list(names)], lambda order: _blocks(probabilities, order))

    def _header(self, file: Path) -> list[str]:
        """Column names as they are written, so that twins show."""
        with self._opened(file) as text:
            header = self._first_row(text)
        if not header:
            raise InputError(f"{file.name!r} holds no table", hint="check how it was written")
        if len(header) == 1:
            other = next((s for s in _OTHER_SEPARATORS if s != self.separator and s in header[0]), None)
            if other is not None:
                raise InputError(
                    f"{file.name!r} has a single column {header[0]!r} when cut at {self.separator!r}",
                    hint=f"set `separator` under `data`; the header looks as if it were {other!r}",
                )
        return [name or f"Unnamed: {i}" for i, name in enumerate(header)]  # what pandas calls them

    def _first_row(self, text: Iterator[str]) -> list[str]:
        rows = csv.reader(text, delimiter=self.separator)
        return next((row for row in rows if len(row) > 1 or any(cell.strip(" \t") for cell in row)), [])

    @contextmanager
    def _opened(self, file: Path) -> Iterator[io.TextIOWrapper]:
        with ExitStack() as stack:
            raw: Any = stack.enter_context(file.open("rb"))
            if file.name.lower().endswith(".gz"):
                raw = stack.enter_context(gzip.open(raw))
            encoding = "utf-8-sig" if self._encoding.lower() in ("utf-8", "utf8") else self._encoding
            yield stack.enter_context(io.TextIOWrapper(raw, encoding, newline=""))

    @contextmanager
    def _text(self) -> Iterator[Any]:
        """Text of all files behind each other, with the header of the first."""
        with ExitStack() as stack:
            texts = [stack.enter_context(self._opened(file)) for file in self._files]
            for text in texts[1:]:
                self._first_row(text)
            yield texts[0] if len(texts) == 1 else _Joined(texts)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except UnicodeDecodeError as error:
            raise InputError(
                f"{self.shown!r} is not {self._encoding} text: byte {error.object[error.start]:#04x} "
                f"at position {error.start:,}",
                hint="set `encoding`, for instance encoding: cp1252, or save the file as UTF-8",
            ) from error
        except UnicodeError as error:
            raise InputError(
                f"{self.shown!r} is not {self._encoding} text: {error}",
                hint="set `encoding`, for instance encoding: utf-16-le, or save the file as UTF-8",
            ) from error
        except LookupError as error:
            raise InputError(f"no encoding is called {self._encoding!r}", hint="such as utf-8") from error
        except pd.errors.ParserWarning as error:
            raise InputError(
                f"rows of {self.shown!r} have more cells than its header has names",
                hint="give every column a name, or quote the cells that hold a separator",
            ) from error
        except (pd.errors.ParserError, csv.Error, OSError, EOFError) as error:
            raise InputError(
                f"{self.shown!r} could not be read as a table: {error}",
                hint="check that the file is whole, that its ending says what it is, and `separator`",
            ) from error


class _Joined(io.TextIOBase):
    """Several texts read as one; each but the last ends its last line."""

    def __init__(self, texts: Sequence[io.TextIOBase]) -> None:
        self._left = list(texts)
        self._last = "\n"

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> str:
        while self._left:
            read = self._left[0].read(-1 if size is None else size)
            if read:
                self._last = read[-1]
                return read
            self._left.pop(0)
            if self._last != "\n" and self._left:
                self._last = "\n"
                return "\n"
        return ""


def _blocks(frame: pd.DataFrame, order: Sequence[str]) -> Iterator[NDArray[Any]]:
    for start in range(0, len(frame), BLOCK_ROWS):
        yield frame.iloc[start : start + BLOCK_ROWS][list(order)].to_numpy(dtype=np.float64)
