"""Pick the rows that people should look at first, with a small look at each. No judging."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cl_core.dataset import Dataset
from cl_core.evidence import Evidence
from cl_flows.report.media_excerpts import picture_of, sound_of
from cl_flows.report.png import png
from cl_flows.report.record import Excerpt, Suspect
from cl_flows.report.wording import cut

LIMIT = 50
_TEXT = 400  # characters of a text: five lines on a wide screen
_CELL = 60
_COLUMNS = 6
# Pictures may take half of a page that promises to stay under 1 MB; base64 adds a third to these bytes.
_PICTURE_BYTES = 370_000
_SIDES = (160, 128, 96, 64, 48, 32, 16)


def gather_suspects(dataset: Dataset, evidence: Evidence, *, limit: int = LIMIT) -> tuple[Suspect, ...]:
    """Return the rows most worth a look, at most `limit`.

    Parameters
    ----------
    dataset
        The rows that `evidence` is about, in the same order.
    evidence
        Its scored table ranks the rows.
    limit
        How many rows to return, flagged or not: the rank says which labels are most doubtful.

    Returns
    -------
    tuple of Suspect
        Pictures as PNG of at most 160 pixels a side, texts and cells cut short.
    """
    rank = evidence.scored["rank"].to_numpy()
    rows = np.argsort(rank, kind="stable")[:limit]
    worst: list[Any] = list(evidence.scored.iloc[rows].itertuples(index=False))
    excerpts = excerpts_of(dataset, rows)
    return tuple(
        Suspect(
            id=plain_id(row.id),
            given=str(row.given_label),
            suggested=str(row.suggested_label),
            quality=float(row.label_quality),
            flagged=bool(row.is_label_issue),
            reason=str(row.reasons),
            excerpt=excerpt,
        )
        for row, excerpt in zip(worst, excerpts, strict=True)
    )


def plain_id(value: Any) -> str | int:
    """Return an id as JSON has it: a whole number as such, anything else as text."""
    plain = value.item() if isinstance(value, np.generic) else value
    return plain if isinstance(plain, int) and not isinstance(plain, bool) else str(plain)


def excerpts_of(dataset: Dataset, rows: NDArray[np.intp]) -> Sequence[Excerpt]:
    """Return a small look at each of some rows; pictures together stay under half of a page's weight."""
    features = dataset.features
    match dataset.modality if len(rows) else "none":
        case "image":
            return _pictures([picture_of(features, int(i), _SIDES[0]) for i in rows])
        case "text":
            return [cut(features[i], _TEXT) for i in rows]
        case "table":
            return [_cells(features.columns, features.iloc[i]) for i in rows]
        case "array":
            return [_cells(range(_COLUMNS + 1), np.ravel(features[i])) for i in rows]
        case "audio":
            return [sound_of(features, int(i)) for i in rows]
        case _:
            return [None] * len(rows)


def _cells(names: Any, values: Any) -> dict[str, str]:
    shown = {cut(name, _CELL): _cell(value) for name, value in zip(names, values, strict=False)}
    return dict(list(shown.items())[:_COLUMNS])


def _cell(value: Any) -> str:
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return "missing"
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}"
    return cut(str(value).removesuffix(" 00:00:00"), _CELL)


def _pictures(pictures: Sequence[Any]) -> list[Excerpt]:
    """Encode pictures in one common range of values, as large as the page's weight allows."""
    nothing = np.zeros((0, 0, 1))
    small = [_shrunk(_channels(p), _SIDES[0]) if p is not None else nothing for p in pictures]
    finite = [picture[np.isfinite(picture)] for picture in small]
    low = min((float(values.min()) for values in finite if values.size), default=0.0)
    high = max((float(values.max()) for values in finite if values.size), default=0.0)
    encoded: list[Excerpt] = []
    for side in _SIDES:
        encoded = [png(_bytes(_shrunk(p, side), low, high)) if p.size else None for p in small]
        if sum(len(file) for file in encoded if file) <= _PICTURE_BYTES:
            break
    return encoded


def _channels(picture: NDArray[Any]) -> NDArray[Any]:
    """Return the picture as ``(h, w, 1 | 3 | 4)``; of any other number of channels, the first one."""
    cube = picture[..., None] if picture.ndim == 2 else picture  # noqa: PLR2004 - height and width
    return cube if cube.shape[-1] in (1, 3, 4) else cube[..., :1]


def _shrunk(picture: NDArray[Any], side: int) -> NDArray[np.float64]:
    """Average blocks of pixels until no side is longer than `side`."""
    step = max(1, math.ceil(max(picture.shape[:2]) / side))
    height, width = (n // step or min(n, 1) for n in picture.shape[:2])
    blocks = picture[: height * step, : width * step].astype(np.float64)
    if step == 1:
        return np.asarray(blocks)
    tall, wide = blocks.shape[0] // height, blocks.shape[1] // width
    return np.asarray(blocks.reshape(height, tall, width, wide, -1).mean(axis=(1, 3)))


def _bytes(picture: NDArray[np.float64], low: float, high: float) -> NDArray[np.uint8]:
    """Spread values ``low..high`` over 0..255; what is not a number becomes 0."""
    known = np.clip(np.nan_to_num(picture, nan=low), low, high)
    scaled = (known - low) / (high - low) * 255 if high > low else np.full(picture.shape, 127.0)
    return np.asarray(np.round(scaled), dtype=np.uint8)
