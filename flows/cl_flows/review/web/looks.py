"""What a row looks like on a page, as plain values for the templates. Content comes from cl_flows.review."""

from typing import Any

import numpy as np

from cl_core.errors import LabelgateError
from cl_flows.report.wording import cut
from cl_flows.review.content import Cells, Content, Nothing, Picture, Sound, Text, content_of
from cl_flows.review.web.shelf import Opened
from cl_flows.review.words import highlighted

_TEXT = 400  # characters on a card: five lines on a wide screen
_LONG_TEXT = 20_000
_CELLS = 6
_SMALL = 64  # pixels
_ALL_CELLS = 100
_PEAKS = 100
_MANY_PEAKS = 400
_QUIETEST = 0.01  # below it a sound is silence, and looks like it
_LEVELS = (0.0, 1.5, 3.0)  # log odds: commoner, four times as common, twenty times


def look(run: Opened, position: int, *, large: bool) -> dict[str, Any]:
    """Return the look of a row: on a card, or `large` on its own page."""
    dataset = run.dataset
    if dataset is None:
        return {"kind": "nothing", "problem": "The rows of this run were not kept."}
    if dataset.modality == "image":  # the browser asks for it when it comes into sight
        return {"kind": "picture", "small": _is_small(dataset.features)}
    try:
        return _of(run, position, content_of(dataset, position), large=large)
    except LabelgateError as error:
        return {"kind": "nothing", "problem": str(error)}


def _of(run: Opened, position: int, content: Content, *, large: bool) -> dict[str, Any]:
    match content:
        case Picture():
            return {"kind": "picture", "small": max(content.width, content.height) <= _SMALL}
        case Sound():
            peaks = _fewer(content.peaks, _MANY_PEAKS if large else _PEAKS)
            return {"kind": "sound", "peaks": peaks, "seconds": content.seconds}
        case Text():
            return _text(run, position, content.text, large=large)
        case Cells():
            return {"kind": "cells", "cells": list(content.cells.items())[: _ALL_CELLS if large else _CELLS]}
        case Nothing():
            return {"kind": "nothing", "problem": content.reason}


def _is_small(features: Any) -> bool:
    """Whether pictures are so small that they look better as squares than blurred."""
    shape = getattr(features, "shape", ())
    return len(shape) >= 3 and max(shape[1:3]) <= _SMALL  # noqa: PLR2004 - rows, height and width


def _text(run: Opened, position: int, text: str, *, large: bool) -> dict[str, Any]:
    """Cut a text into pieces: those that tell the two labels apart, and what stands between them."""
    shown = cut(text, _LONG_TEXT if large else _TEXT)
    pieces: list[dict[str, Any]] = []
    at = 0
    for word in highlighted(run.index, position):
        if word.end > len(shown) or text[word.start : word.end] != shown[word.start : word.end]:
            break
        pieces.append(_plain(shown[at : word.start]))
        shares = f"{word.for_suggested:.0%} of the rows with the suggested label, {word.for_given:.0%}"
        says = f"in {shares} with the given one"
        level = sum(word.weight >= bound for bound in _LEVELS)
        pieces.append({"text": word.text, "level": level, "against": word.weight < 0, "says": says})
        at = word.end
    pieces.append(_plain(shown[at:]))
    return {"kind": "text", "words": pieces, "plain": cut(text, _TEXT), "marked": len(pieces) > 1}


def _plain(text: str) -> dict[str, Any]:
    return {"text": text, "level": 0, "against": False, "says": ""}


def _fewer(peaks: tuple[float, ...], most: int) -> list[float]:
    """Return the highest of neighbouring peaks, at most so many; a quiet sound fills the height, too."""
    if not peaks:
        return []
    loudest = max(*peaks, _QUIETEST)
    parts = np.array_split(np.asarray(peaks), min(most, len(peaks)))
    return [float(part.max()) / loudest for part in parts]
