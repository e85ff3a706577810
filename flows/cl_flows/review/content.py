"""What one row looks and sounds like, for people. Never fails: what cannot be shown says why."""

import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cl_core.dataset import Dataset
from cl_core.errors import LabelgateError
from cl_core.media import Clips, MediaFiles
from cl_flows.report.wording import cut

_SIDE = 320
_CHARACTERS = 20_000
_CELL = 300
_MOST_CELLS = 200
_NUMBERS = 24  # of an array that is no picture
_RANGE_ROWS = 256
_PEAKS = 400
# Beyond half a minute speech at this rate is clear enough, and a third of the bytes.
_LONG_S, _LONG_RATE = 30, 16_000
_MOST_S = 300
_MOST_RATE = 48_000


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as a PNG file of at most 320 pixels a side."""

    png: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound as a WAV file, 16 bits, one channel; `is_cut` where it is longer than five minutes.

    `peaks` are the loudest values of up to 400 equal parts, in 0..1.
    """

    wav: bytes
    seconds: float
    peaks: tuple[float, ...]
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A text, at most 20,000 characters of it; `length` is the length of the whole."""

    text: str
    length: int


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells of a row by their column's name, long ones cut."""

    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Nothing:
    """Why there is nothing to show, one sentence."""

    reason: str


Content: TypeAlias = Picture | Sound | Text | Cells | Nothing


def content_of(dataset: Dataset, position: int) -> Content:
    """Return what the row at `position` holds, for people to look at or listen to."""
    try:
        return _content(dataset, position)
    except LabelgateError as error:
        return Nothing(str(error))
    # A file may be gone, and what reads it from a distance raises errors of its own.
    except Exception as error:  # noqa: BLE001
        return Nothing(f"row {position:,} cannot be shown: {type(error).__name__}")


def cells_of(dataset: Dataset, position: int) -> dict[str, str]:
    """Return all cells of the row in the source, also those not learned from; empty where it is no table."""
    if dataset.source is None:
        return {}
    names = [str(name) for name in dataset.source.columns[:_MOST_CELLS]]
    values = (dataset.source[name].iloc[position] for name in dataset.source.columns[:_MOST_CELLS])
    return {cut(name, _CELL): _cell(value) for name, value in zip(names, values, strict=True)}


def _content(dataset: Dataset, position: int) -> Content:
    features = dataset.features
    match dataset.modality:
        case "image":
            return _picture(dataset, position)
        case "audio":
            return _sound(features, position)
        case "text":
            text = str(features[position])
            return Text(text[:_CHARACTERS], len(text))
        case "table":
            cells = cells_of(dataset, position)
            return Cells(cells or _numbered(features.columns, features.iloc[position]))
        case "array":
            values = np.ravel(features[position])
            return Cells(_numbered(range(_NUMBERS), values) | _more(len(values)))
        case _:
            return (
                Cells(cells)
                if (cells := cells_of(dataset, position))
                else Nothing("the data hold probabilities only: there is no row to show")
            )


def _picture(dataset: Dataset, position: int) -> Picture:
    from PIL import Image

    from cl_plugins.pictures import array_picture, small_picture

    if isinstance(dataset.features, MediaFiles):
        pixels = small_picture(dataset.features, position, side=_SIDE)
    else:
        low, high = _value_range(dataset)
        pixels = array_picture(np.asarray(dataset.features[position]), low, high, side=_SIDE)
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG")
    return Picture(file.getvalue(), pixels.shape[1], pixels.shape[0])


@lru_cache(maxsize=4)
def _value_range(dataset: Dataset) -> tuple[float, float]:
    """Lowest and highest value of 256 pictures spread over the data: all rows are shown alike."""
    features: Any = dataset.features
    if features.dtype == np.uint8:
        return 0.0, 255.0
    rows = np.unique(np.linspace(0, len(features) - 1, _RANGE_ROWS).astype(np.intp))
    seen = np.asarray(features[rows], dtype=np.float64)
    known = seen[np.isfinite(seen)]
    return (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)


def _sound(features: Clips | MediaFiles, position: int) -> Sound:
    import soundfile

    from cl_plugins.media_files import reader
    from cl_plugins.sounds import clip_sound, decode_sound

    if isinstance(features, MediaFiles):
        data = reader(features)(position)
        try:
            about = soundfile.info(io.BytesIO(data))
            rate = _rate_for(about.frames, about.samplerate)
        except (soundfile.LibsndfileError, TypeError):
            rate = _LONG_RATE  # decoding says what is wrong with it
        samples = decode_sound(data, str(features.names[position]), rate)
    else:
        rate = _rate_for(len(features[position]), features.rate)
        samples = clip_sound(features, position, rate)
    seconds = len(samples) / rate
    samples = samples[: _MOST_S * rate]
    file = io.BytesIO()
    soundfile.write(file, np.clip(samples, -1, 1), rate, format="WAV", subtype="PCM_16")
    return Sound(file.getvalue(), seconds, _peaks(samples), is_cut=seconds > _MOST_S)


def _rate_for(frames: int, rate: int) -> int:
    return min(rate, _LONG_RATE if frames > _LONG_S * rate else _MOST_RATE)


def _peaks(samples: NDArray[np.float32]) -> tuple[float, ...]:
    parts = min(_PEAKS, len(samples))
    edges = np.linspace(0, len(samples), parts + 1).astype(np.intp)[:-1]
    loudest = np.maximum.reduceat(np.abs(samples), edges)
    return tuple(np.clip(loudest, 0, 1).astype(float).round(4).tolist())


def _numbered(names: Any, values: Any) -> dict[str, str]:
    return {cut(name, _CELL): _cell(value) for name, value in zip(names, values, strict=False)}


def _more(values: int) -> dict[str, str]:
    return {"...": f"{values - _NUMBERS:,} more numbers"} if values > _NUMBERS else {}


def _cell(value: Any) -> str:
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return "missing"
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    return cut(str(value).removesuffix(" 00:00:00"), _CELL)
