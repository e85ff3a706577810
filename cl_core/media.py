"""Pictures and sounds of a data set: files not read yet, or clips of any length. No decoding."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cl_core.errors import InputError
from cl_core.types import Indices


@dataclass(frozen=True, slots=True, eq=False)
class MediaFiles:
    """Pictures or sounds that stay in their files until a model backend reads them.

    Attributes
    ----------
    root
        Folder or fsspec URL (``s3://bucket/folder``) that the names start from.
    names
        File of each row below `root`, shape ``(n,)``, with forward slashes.

    Examples
    --------
    >>> files = MediaFiles("/data", np.array(["cat/1.png", "dog/2.png"]))
    >>> len(files), files.location(1)
    (2, '/data/dog/2.png')
    """

    root: str
    names: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.names)

    def location(self, row: int) -> str:
        """Path or URL of the file of `row`."""
        name = str(self.names[row])
        return f"{self.root.rstrip('/')}/{name}" if self.root else name

    def take(self, rows: Indices) -> "MediaFiles":
        """Return the files of `rows` only."""
        return MediaFiles(self.root, self.names[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Clips:
    """Sounds of any length, one behind the other in one array.

    Attributes
    ----------
    samples
        Every sample of every clip, one channel, shape ``(total,)``; integers span their type, floats -1..1.
    offsets
        Where clips start and end, shape ``(n + 1,)``: clip i is ``samples[offsets[i]:offsets[i + 1]]``.
    rate
        Samples a second.

    Raises
    ------
    InputError
        For offsets that do not rise from 0 to the number of samples, or a rate that is not positive.

    Examples
    --------
    >>> clips = Clips(np.array([1, 2, 3], dtype=np.int16), np.array([0, 2, 3]), 8000)
    >>> clips[0].tolist(), len(clips)
    ([1, 2], 2)
    """

    samples: NDArray[np.generic]
    offsets: Indices
    rate: int

    def __post_init__(self) -> None:
        if self.rate <= 0:
            raise InputError(f"a sampling rate of {self.rate} Hz", hint="say how many samples a second hold")
        total = len(self.samples)
        rising = len(self.offsets) > 1 and bool((np.diff(self.offsets) >= 0).all())
        if not rising or self.offsets[0] != 0 or self.offsets[-1] != total:
            raise InputError(
                f"the offsets of {total:,} samples do not rise from 0 to {total:,}",
                hint="give the start of each clip and, last, the number of samples: shape (n + 1,)",
            )

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> NDArray[np.generic]:
        return self.samples[self.offsets[row] : self.offsets[row + 1]]

    def take(self, rows: Indices) -> "Clips":
        """Return the clips of `rows` only."""
        kept = [self[int(row)] for row in rows]
        ends = np.cumsum([0, *(len(clip) for clip in kept)])
        samples = np.concatenate(kept) if kept else self.samples[:0]
        return Clips(samples, ends.astype(np.intp), self.rate)
