"""Columns of a run's rows: values as text for slices, words for search. Knows no labels."""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cl_core.types import Mask
from cl_flows.kept.run import KeptRun
from cl_plugins.stored_rows import MappedTexts, map_table, read_array

MISSING = "(missing)"
GROUP = "group"
# A column of more different values identifies rows rather than cutting them into slices.
_MOST_VALUES = 2_000
_FEWEST_ROWS = 2  # a value, on average
_MOST_SHOWN = 50


class Columns:
    """The columns that a run's rows can be cut by and searched in; each is read when first asked for."""

    def __init__(self, run: KeptRun) -> None:
        self._folder = run.rows_folder() if run.has_rows() else None
        self._coded: dict[str, tuple[NDArray[np.int32], list[str]] | None] = {}

    @cached_property
    def _source(self) -> Any:
        return None if self._folder is None else map_table(self._folder)

    @cached_property
    def texts(self) -> MappedTexts | None:
        """Texts that were learned from, a row each; None where the rows are something else."""
        found = None if self._folder is None else map_table(self._folder, "texts")
        return None if found is None else MappedTexts(found["text"])

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Columns of two to 2,000 different values, in the source's order."""
        known = [] if self._source is None else [str(name) for name in self._source.column_names]
        if self._source is None and self._folder is not None and (self._folder / "groups.npy").exists():
            known = [GROUP]
        return tuple(name for name in known if not name.startswith("__index") and self._cuts(name))

    def repeats(self, column: str, codes: NDArray[np.int32], names: tuple[str, ...]) -> bool:
        """Whether a column says the name of each row's code: the label column does."""
        found = self._codes(column)
        if found is None or not set(found[1]) <= set(names):
            return False
        place = {name: code for code, name in enumerate(names)}
        return bool((np.array([place[text] for text in found[1]])[found[0]] == codes).all())

    def values(self, column: str) -> list[tuple[str, int]]:
        """Values of a column as text with their rows, at most 50, most rows first."""
        found = self._codes(column)
        if found is None:
            return []
        codes, texts = found
        counts = np.bincount(codes, minlength=len(texts))
        order = sorted(range(len(texts)), key=lambda code: (-counts[code], texts[code]))
        return [(texts[code], int(counts[code])) for code in order[:_MOST_SHOWN]]

    def equal(self, column: str, value: str, n_rows: int) -> Mask:
        """Say which rows have `value`, as text, in `column`; none for a column that is not there."""
        found = self._codes(column)
        if found is None or value not in found[1]:
            return np.zeros(n_rows, dtype=bool)
        return np.asarray(found[0] == found[1].index(value))

    def containing(self, words: str, n_rows: int) -> Mask:
        """Say which rows hold `words` in a cell or in their text, whatever the case of letters."""
        import pyarrow.compute as pc

        found = np.zeros(n_rows, dtype=bool)
        for cells in self._searched:
            hits = pc.match_substring(cells, words.lower())
            found |= np.asarray(pc.fill_null(hits, False))  # noqa: FBT003 - Arrow's own signature
        return found

    @cached_property
    def _searched(self) -> list[Any]:
        import pyarrow as pa
        import pyarrow.compute as pc

        if self._folder is None:
            return []
        texts = map_table(self._folder, "texts")
        if self._source is None and texts is not None:
            readable = pc.cast(texts["text"], pa.large_string(), safe=False)
            return [pc.utf8_lower(readable)]
        columns = [] if self._source is None else self._source.columns
        plain = (pa.types.is_string, pa.types.is_large_string, pa.types.is_integer, pa.types.is_date)
        return [
            pc.utf8_lower(pc.cast(cells, pa.large_string()))
            for cells in columns
            if any(fits(cells.type) for fits in plain)
        ]

    def _cuts(self, name: str) -> bool:
        found = self._codes(name)
        if found is None:
            return False
        codes, texts = found
        return 1 < len(texts) <= min(_MOST_VALUES, len(codes) // _FEWEST_ROWS)

    def _codes(self, column: str) -> tuple[NDArray[np.int32], list[str]] | None:
        if column not in self._coded:
            self._coded[column] = self._encode(column)
        return self._coded[column]

    def _encode(self, column: str) -> tuple[NDArray[np.int32], list[str]] | None:
        import pyarrow as pa
        import pyarrow.compute as pc

        if self._source is not None and column in self._source.column_names:
            cells = self._source[column]
        elif self._source is None and column == GROUP and self._folder is not None:
            cells = pa.chunked_array([pa.array(np.asarray(read_array(self._folder / "groups.npy")))])
        else:
            return None
        try:
            plain = pc.dictionary_decode(cells) if pa.types.is_dictionary(cells.type) else cells
            encoded = pc.dictionary_encode(plain).combine_chunks()
        except (pa.ArrowException, NotImplementedError):  # cells that hold lists or records
            return None
        whole = encoded.chunk(0) if isinstance(encoded, pa.ChunkedArray) else encoded
        texts = [_text(value) for value in whole.dictionary.to_pylist()]
        codes = pc.fill_null(whole.indices, len(texts)).to_numpy(zero_copy_only=False).astype(np.int32)
        if whole.null_count:
            texts.append(MISSING)
        return codes, texts


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():  # whole numbers that missing ones made floats
        return str(int(value))
    return str(value)
