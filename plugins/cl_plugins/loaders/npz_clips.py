"""The sounds of a NumPy archive: samples, offsets and rate make clips. No labels."""

import numpy as np

from cl_core.errors import ConfigError, InputError
from cl_core.media import Clips
from cl_plugins.archive import Archive
from cl_plugins.loaders.options import NpzOptions


def read_clips(archive: Archive, options: NpzOptions) -> Clips | None:
    """Return the clips of the archive, or None where it has no array of sounds."""
    samples = archive.maybe(options.audio, "audio")
    if samples is None:
        return None
    offsets = archive.named(options.offsets or "offsets", "offsets")
    if samples.ndim != 1 or offsets.ndim != 1 or offsets.dtype.kind not in "iu":
        raise InputError(
            f"audio of {options.path.name!r} has shape {samples.shape}, offsets {offsets.shape} of type "
            f"{offsets.dtype}, wanted samples of one channel one behind the other, and whole numbers",
            hint="numpy.concatenate(clips), and numpy.cumsum([0, *map(len, clips)])",
        )
    return Clips(samples, offsets.astype(np.intp), _rate(archive, options))


def refuse_other_length(clips: Clips | None, n: int, options: NpzOptions) -> None:
    """Refuse another number of clips than of labels."""
    if clips is not None and len(clips) != n:
        raise InputError(
            f"{options.path.name!r} has {n:,} labels but {len(clips):,} clips",
            hint="offsets hold the start of each clip and, last, the number of samples: shape (n + 1,)",
        )


def _rate(archive: Archive, options: NpzOptions) -> int:
    if isinstance(options.rate, int):
        return options.rate
    found = archive.maybe(options.rate, "rate")
    if found is None:
        raise ConfigError(
            f"{options.path.name!r} does not say how many samples a second its sounds have",
            hint="set data.rate, such as rate: 16000, or save an array `rate`",
        )
    if found.size != 1 or found.dtype.kind not in "iuf":
        raise InputError(f"rate has shape {found.shape}, wanted one number", hint="set data.rate")
    return int(found.ravel()[0])
