"""What reading a table gives, whatever it lies in: a frame, and numbers block by block. No reading."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import pandas as pd
from numpy.typing import NDArray

# Rows of a block: small beside the table, large beside the work of starting one.
BLOCK_ROWS = 65_536

Blocks: TypeAlias = Callable[[Sequence[str]], Iterator[NDArray[Any]]]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Columns that were read.

    Attributes
    ----------
    frame
        The columns asked for, every row of the table.
    numbers
        Gives the columns it is asked for as arrays of numbers, block after block of rows; raises
        ValueError or TypeError for a column of something else.
    """

    frame: pd.DataFrame
    numbers: Blocks


class OpenTable(Protocol):
    """A table whose column names are known and whose cells are not read yet."""

    shown: str
    stem: str
    columns: list[str]
    notes: tuple[str, ...]

    def read(
        self, names: Sequence[str], wide: Sequence[str], written: Mapping[str, tuple[str, ...]]
    ) -> Cells:
        """Read the columns `names`, and have `wide` ready as numbers.

        In a file of text, a column of `written` keeps its cells as they were written, but for the words
        that mean: no value.
        """
        ...
