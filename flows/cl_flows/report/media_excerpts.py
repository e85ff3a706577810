"""A small look at pictures and sounds that lie in files or clips. Never fails a finished run."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cl_core.errors import LabelgateError
from cl_core.media import Clips, MediaFiles


def picture_of(features: Any, row: int, side: int) -> NDArray[Any] | None:
    """Picture of one row, from a file scaled down to `side` pixels; None where it cannot be read."""
    if not isinstance(features, MediaFiles):
        return np.asarray(features[row])
    from cl_plugins.pictures import small_picture

    try:
        return small_picture(features, row, side=side)
    except LabelgateError:  # the run is over, and the file may be gone
        return None


def sound_of(features: Any, row: int) -> dict[str, str] | None:
    """Name and length of one sound, as far as they can be known."""
    if isinstance(features, Clips):
        return {"length": _seconds(len(features[row]) / features.rate)}
    if isinstance(features, MediaFiles):
        return {"file": str(features.names[row])} | _length(features, row)
    return None


def _length(features: MediaFiles, row: int) -> dict[str, str]:
    import soundfile

    from cl_plugins.media_files import reader

    try:
        about = soundfile.info(io.BytesIO(reader(features)(row)))
    except (LabelgateError, soundfile.LibsndfileError, TypeError):
        return {"length": "not readable"}
    return {"length": _seconds(about.frames / about.samplerate)}


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60)} s"  # noqa: PLR2004
