"""What a task shows of a row, whatever the tool: its content, its labels and where it came from."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import quote

from cl_core.dataset import Dataset
from cl_core.errors import InputError
from cl_core.media import MediaFiles
from cl_core.types import Indices
from cl_flows.review.content import Cells, Nothing, Picture, Sound, Text, content_of
from cl_flows.review.index import RunIndex
from cl_flows.review.rows import ReviewRow

# What people may answer beside a class.
AMBIGUOUS = "(ambiguous)"
IN_NO_CLASS = "(in no class)"

Kind: TypeAlias = Literal["text", "image", "audio", "cells"]


@dataclass(frozen=True, slots=True)
class Item:
    """A row as a task shows it.

    Attributes
    ----------
    row
        Its labels and figures.
    content
        A text, cells by name, or the URL of a picture or sound: a ``data:`` URL holds the file itself.
    """

    row: ReviewRow
    content: str | dict[str, str]


@dataclass(frozen=True, slots=True)
class TaskFile:
    """Tasks that were written: where, how many, and how many rows could not be shown and were left out."""

    path: str
    n_tasks: int
    n_left_out: int


def kind_of(dataset: Dataset) -> Kind:
    """Return what every task of this data set shows."""
    match dataset.modality:
        case "text" | "image" | "audio":
            return dataset.modality
        case _:
            return "cells"


def choices(index: RunIndex) -> list[str]:
    """Return what people may answer: every class, ambiguous, and in no class."""
    clash = {AMBIGUOUS, IN_NO_CLASS} & set(index.classes)
    if clash:
        raise InputError(
            f"a class is called {min(clash)!r}, which stands for something else in tasks",
            hint="rename the class before you write tasks",
        )
    return [*index.classes, AMBIGUOUS, IN_NO_CLASS]


def items(index: RunIndex, dataset: Dataset, positions: Indices, media_url: str | None) -> list[Item]:
    """Return the rows that can be shown, in the order of `positions`.

    Parameters
    ----------
    index, dataset, positions
        The run, its rows, and which of them.
    media_url
        Where the tool finds the files of pictures and sounds: file names are put behind it. With None the
        tasks hold small copies of pictures and sounds themselves.

    Raises
    ------
    InputError
        When none of the rows can be shown.
    """
    found = list(_items(index, dataset, positions, media_url))
    if len(positions) and not found:
        content = content_of(dataset, int(positions[0]))
        why = (
            content.reason if isinstance(content, Nothing) else "their content is of no kind that tasks have"
        )
        raise InputError(
            f"none of the {len(positions):,} rows can be shown in a task: {why}",
            hint="gate the data with the records themselves beside the probabilities: see docs/loaders.md",
        )
    return found


def _items(index: RunIndex, dataset: Dataset, positions: Indices, media_url: str | None) -> Iterator[Item]:
    files = dataset.features if isinstance(dataset.features, MediaFiles) else None
    for position in positions.tolist():
        row = index.row(position)
        if media_url is not None and files is not None:
            yield Item(row, f"{media_url.rstrip('/')}/{quote(str(files.names[position]))}")
            continue
        shown = _shown(dataset, position)
        if shown is not None:
            yield Item(row, shown)


def _shown(dataset: Dataset, position: int) -> str | dict[str, str] | None:
    match content_of(dataset, position):
        case Picture(png=png):
            return f"data:image/png;base64,{base64.b64encode(png).decode()}"
        case Sound(wav=wav):
            return f"data:audio/wav;base64,{base64.b64encode(wav).decode()}"
        case Text(text=text):
            return text
        case Cells(cells=cells):
            return cells
        case _:
            return None


def probability(row: ReviewRow) -> float | None:
    """Return the model's probability of the suggested label; None where it is not on record."""
    return dict(row.probabilities).get(row.suggested)
