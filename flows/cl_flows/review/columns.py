"""Columns of a run's rows: values as text for slices, words for search. Knows no labels."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from os import cpu_count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cl_core.types import Mask
from cl_flows.kept.run import KeptRun
from cl_flows.review.folded import folded, spellings
from cl_plugins.stored_rows import MappedTexts, map_table, read_array

MISSING = "(missing)"
GROUP = "group"
# A column of more different values identifies rows rather than cutting them into slices.
_MOST_VALUES = 2_000
_FEWEST_ROWS = 2  # a value, on average
_LOOKED_AT = 20_000
_MOST_SHOWN = 50
# Last searches whose rows are remembered, a byte a row each: people turn pages and add filters.
_SEARCHES = 8
# Rows that one thread searches at a time.
_PIECE = 100_000


class Columns:
    """The columns that a run's rows can be cut by and searched in; each is read when first asked for."""

    def __init__(self, run: KeptRun) -> None:
        self._folder = run.rows_folder() if run.has_rows() else None
        self._coded: dict[str, tuple[NDArray[np.int32], list[str]] | None] = {}
        self._found: dict[str, Mask] = {}

    @cached_property
    def _source(self) -> dict[str, Any]:
        """The source's columns by name; of a source that is no table, what rows are held out by."""
        if self._folder is None:
            return {}
        table = map_table(self._folder)
        if table is not None:
            return {name: table[name] for name in table.column_names if not name.startswith("__index")}
        groups = read_array(self._folder / "groups.npy")
        return {} if groups is None else {GROUP: _chunked(np.asarray(groups))}

    @cached_property
    def texts(self) -> MappedTexts | None:
        """Texts that were learned from, a row each; None where the rows are something else."""
        found = None if self._folder is None else map_table(self._folder, "texts")
        return None if found is None else MappedTexts(found["text"])

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Columns of two to 2,000 different values, in the source's order."""
        return tuple(name for name in self._source if (found := self._codes(name)) and len(found[1]) > 1)

    def repeats(self, column: str, codes: NDArray[np.int32], names: tuple[str, ...]) -> bool:
        """Whether a column says the name of each row's code: the label column does."""
        found = self._codes(column)
        if found is None or not set(found[1]) <= set(names):
            return False
        place = {name: code for code, name in enumerate(names)}
        return bool((np.array([place[text] for text in found[1]])[found[0]] == codes).all())

    def values(self, column: str) -> list[tuple[str, int]]:
        """Values of a column that cuts, as text with their rows: at most 50, most rows first."""
        found = self._codes(column)
        if found is None:
            return []
        codes, texts = found
        counts = np.bincount(codes, minlength=len(texts))
        order = sorted(range(len(texts)), key=lambda code: (-counts[code], texts[code]))
        return [(texts[code], int(counts[code])) for code in order[:_MOST_SHOWN]]

    def equal(self, column: str, value: str, n_rows: int) -> Mask:
        """Say which rows have `value`, as text, in a column that cuts; none for any other column."""
        found = self._codes(column)
        if found is None or value not in found[1]:
            return np.zeros(n_rows, dtype=bool)
        return np.asarray(found[0] == found[1].index(value))

    def containing(self, words: str, n_rows: int) -> Mask:
        """Say which rows hold `words` in a cell or in their text, whatever their case and accents."""
        known = self._found.get(words)
        if known is None:
            known = self._containing(words, n_rows)
            for oldest in list(self._found)[: 1 - _SEARCHES]:
                self._found.pop(oldest, None)
            self._found[words] = known
        return known

    def _containing(self, words: str, n_rows: int) -> Mask:
        low, found = folded(words), np.zeros(n_rows, dtype=bool)
        for codes, texts in filter(None, map(self._codes, self._source)):
            hits = np.array([low in folded(text) for text in texts])
            if hits.any():
                found |= hits[codes]
        for cells, is_ascii in self._searched:
            found |= _holding(cells, low, is_ascii=is_ascii)
        return found

    @cached_property
    def _searched(self) -> list[tuple[Any, bool]]:
        """Cells that are searched, and whether all are plain ASCII: those are searched in half the time."""
        import pyarrow.compute as pc

        return [
            (cells, pc.all(_of_pieces(cells, pc.string_is_ascii)).as_py()) for cells in self._texts_of_cells()
        ]

    def _texts_of_cells(self) -> list[Any]:
        """Cells of the columns that cut into no slices, as texts: texts, whole numbers, days."""
        import pyarrow as pa

        if not self._source or list(self._source) == [GROUP]:
            return [] if self.texts is None else [_as_texts(self.texts.cells)]
        plain = (pa.types.is_string, pa.types.is_large_string, pa.types.is_integer, pa.types.is_date)
        return [
            _as_texts(cells)
            for name, cells in self._source.items()
            if self._codes(name) is None and any(fits(cells.type) for fits in plain)
        ]

    def _codes(self, column: str) -> tuple[NDArray[np.int32], list[str]] | None:
        """Return the rows' codes and what each stands for; None for a column that cuts into no slices."""
        if column not in self._coded:
            cells = self._source.get(column)
            self._coded[column] = None if cells is None else _encoded(cells)
        return self._coded[column]


def _encoded(cells: Any) -> tuple[NDArray[np.int32], list[str]] | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        plain = pc.dictionary_decode(cells) if pa.types.is_dictionary(cells.type) else cells
        if len(pc.unique(plain.slice(0, _LOOKED_AT))) > _most(min(len(plain), _LOOKED_AT)):
            return None
        encoded = pc.dictionary_encode(plain).combine_chunks()
    except (pa.ArrowException, NotImplementedError):  # cells that hold lists or records
        return None
    whole = encoded.chunk(0) if isinstance(encoded, pa.ChunkedArray) else encoded
    if len(whole.dictionary) > _most(len(whole)):
        return None
    texts = [_text(value) for value in whole.dictionary.to_pylist()]
    codes = pc.fill_null(whole.indices, len(texts)).to_numpy(zero_copy_only=False).astype(np.int32)
    return codes, [*texts, MISSING] if whole.null_count else texts


def _most(rows: int) -> int:
    return min(_MOST_VALUES, rows // _FEWEST_ROWS)


def _as_texts(cells: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_large_binary(cells.type):  # texts with half a character, which no letter compares to
        texts = [cell.decode("utf-8", "replace") for cell in cells.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.large_string())])
    return cells if pa.types.is_large_string(cells.type) else pc.cast(cells, pa.large_string())


def _holding(cells: Any, letters: str, *, is_ascii: bool) -> Mask:
    """Say which cells hold what is folded to `letters`."""
    import pyarrow.compute as pc

    if is_ascii:
        return _in_pieces(cells, lambda piece: pc.match_substring(piece, letters, ignore_case=True))
    pattern = spellings(letters)
    return _in_pieces(cells, lambda piece: pc.match_substring_regex(piece, pattern))


def _in_pieces(cells: Any, work: Callable[[Any], Any]) -> Mask:
    import pyarrow.compute as pc

    return np.asarray(pc.fill_null(_of_pieces(cells, work), False))  # noqa: FBT003 - Arrow's own signature


def _of_pieces(cells: Any, work: Callable[[Any], Any]) -> Any:
    """Apply `work` to pieces of a column side by side: Arrow's functions on texts use one thread each."""
    import pyarrow as pa

    pieces = [cells.slice(start, _PIECE) for start in range(0, len(cells), _PIECE)] or [cells]
    with ThreadPoolExecutor(cpu_count()) as pool:
        done = list(pool.map(work, pieces))
    return pa.chunked_array([chunk for piece in done for chunk in piece.chunks])


def _chunked(array: NDArray[Any]) -> Any:
    import pyarrow as pa

    return pa.chunked_array([pa.array(array)])


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():  # whole numbers that missing ones made floats
        return str(int(value))
    return str(value)
