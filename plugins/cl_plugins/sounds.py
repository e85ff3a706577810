"""Sounds of a data set as arrays of samples, from one array of clips or from files. No features."""

import io
from collections.abc import Iterator
from math import gcd
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cl_core.errors import InputError
from cl_core.media import Clips, MediaFiles
from cl_plugins.media_files import batches, decode_all

Sound: TypeAlias = NDArray[np.float32]  # (samples,), one channel, -1..1

BATCH = 256
# A label says something about minutes of sound, not about hours; a header that claims more is broken.
_MOST_SECONDS = 3_600


def load_sounds(features: Clips | MediaFiles, *, rate: int) -> list[Sound]:
    """Return all sounds at once; see `sound_batches` for those that do not fit into memory.

    Parameters
    ----------
    features
        `Clips`, or `MediaFiles` that libsndfile reads (WAV, FLAC, OGG, MP3, AIFF and others).
    rate
        Samples a second that every sound is brought to.

    Returns
    -------
    list of float32 array, shape (samples,)
        The mean of all channels, in -1..1.

    Raises
    ------
    InputError
        For a sound that is empty, broken, longer than an hour or no numbers; it names file or row.
    """
    return [sound for found in sound_batches(features, rate=rate) for sound in found]


def sound_batches(features: Clips | MediaFiles, *, rate: int, batch: int = BATCH) -> Iterator[list[Sound]]:
    """Yield the sounds in order, `batch` at a time; for the rest see `load_sounds`."""
    for rows in batches(len(features), batch):
        if isinstance(features, MediaFiles):
            yield decode_all(features, rows, lambda data, name: decode_sound(data, name, rate))
        else:
            yield [clip_sound(features, row, rate) for row in rows]


def decode_sound(data: bytes, name: str, rate: int) -> Sound:
    """Decode a sound file, mix its channels and bring it to `rate`."""
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            given = int(file.samplerate)
            _refuse_length(file.frames, given, repr(name))
            samples = file.read(dtype="float32", always_2d=True)
            if len(samples) < file.frames or _is_cut_wav(data):
                raise RuntimeError("its end is missing")  # noqa: TRY301 - worded below like the others
    except (soundfile.LibsndfileError, RuntimeError, TypeError) as error:
        raise InputError(
            f"{name!r} is no whole sound: {error}",
            hint="replace the file, or leave it out; WAV, FLAC, OGG and MP3 are among the known formats",
        ) from error
    return _ready(samples.mean(axis=1), given, rate, repr(name))


def _is_cut_wav(data: bytes) -> bool:
    """Whether a WAV file is shorter than its header says; a stream's header says 0 or the largest number."""
    stated = int.from_bytes(data[4:8], "little")
    return data[:4] == b"RIFF" and 0 < stated < 2**32 - 1 and len(data) < stated


def clip_sound(clips: Clips, row: int, rate: int) -> Sound:
    """Return one clip as samples of -1..1, brought to `rate`."""
    name = f"clip {row:,}"
    given: NDArray[Any] = clips[row]
    _refuse_length(len(given), clips.rate, name)
    match given.dtype.kind:
        case "i":
            samples = given.astype(np.float32) / -float(np.iinfo(given.dtype).min)
        case "u":
            half = (float(np.iinfo(given.dtype).max) + 1) / 2
            samples = (given.astype(np.float64) - half) / half
        case "f":
            samples = given
        case _:
            raise InputError(f"{name} holds {given.dtype}, wanted numbers", hint="save plain samples")
    return _ready(samples, clips.rate, rate, name)


def _refuse_length(samples: int, rate: int, name: str) -> None:
    if samples == 0:
        raise InputError(f"{name} is an empty sound (0 samples)", hint="replace it, or leave the row out")
    if samples > _MOST_SECONDS * rate:
        raise InputError(
            f"{name} is {samples / rate / 60:,.0f} minutes long, at most {_MOST_SECONDS // 60} are read",
            hint="cut it into the parts that the label is about",
        )


def _ready(samples: NDArray[np.generic], given: int, rate: int, name: str) -> Sound:
    sound: Sound = np.asarray(samples, dtype=np.float32)
    if not np.isfinite(sound).all():
        raise InputError(f"{name} holds samples that are no numbers", hint="replace it, or leave the row out")
    if given == rate:
        return sound
    from scipy.signal import resample_poly

    shared = gcd(given, rate)
    resampled: Sound = resample_poly(sound, rate // shared, given // shared).astype(np.float32)
    return resampled
