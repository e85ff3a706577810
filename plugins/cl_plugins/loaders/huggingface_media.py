"""Pictures and sounds that `datasets` keeps inside a table: cells in, arrays out. Knows no labels."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cl_core.errors import InputError
from cl_core.media import Clips
from cl_plugins.pictures import decode_picture
from cl_plugins.sounds import decode_sound


def pictures_of(cells: Iterable[Any], shown: str) -> NDArray[np.uint8]:
    """Decode pictures of one size: shape (n, h, w) where all are grey, (n, h, w, 3) else."""
    found = [decode_picture(_content(cell, i, shown), _name(i), None, "RGB") for i, cell in enumerate(cells)]
    for i, picture in enumerate(found):
        if picture.shape != found[0].shape:
            (h, w), (first_h, first_w) = picture.shape[:2], found[0].shape[:2]
            raise InputError(
                f"{_name(i)} of {shown!r} is {w} x {h} pixels, the first one {first_w} x {first_h}",
                hint="bring them to one size, or save them as files: data.loader pictures takes any size",
            )
    pixels = np.stack(found)
    grey = bool((pixels == pixels[..., :1]).all())
    return pixels[..., 0] if grey else pixels


def clips_of(cells: Iterable[Any], rate: int | None, shown: str) -> Clips:
    """Decode sounds, brought to `rate` or to that of the first."""
    import soundfile

    contents = [_content(cell, i, shown) for i, cell in enumerate(cells)]
    if rate is None:
        try:
            rate = int(soundfile.info(io.BytesIO(contents[0])).samplerate)
        except (soundfile.LibsndfileError, RuntimeError) as error:
            raise InputError(f"{_name(0)} of {shown!r} is no sound: {error}", hint="replace it") from error
    sounds = [decode_sound(content, _name(i), rate) for i, content in enumerate(contents)]
    ends = np.cumsum([0, *(len(sound) for sound in sounds)]).astype(np.intp)
    return Clips(np.concatenate(sounds), ends, rate)


def _name(i: int) -> str:
    return f"labelled row {i:,}"


def _content(cell: Any, i: int, shown: str) -> bytes:
    if isinstance(cell, dict):
        if cell.get("bytes"):
            return bytes(cell["bytes"])
        if cell.get("path") and Path(cell["path"]).is_file():
            return Path(cell["path"]).read_bytes()
    raise InputError(
        f"{_name(i)} of {shown!r} has no picture or sound, nor a file that is there",
        hint="leave the row out, or save the data set with its files: save_to_disk embeds them",
    )
