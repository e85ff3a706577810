"""PNG files written by hand, read back by the PNG specification."""

import struct
import zlib
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cl_flows.report.png import png


def chunks(file: bytes) -> dict[bytes, bytes]:
    """Split a PNG file, checking its signature, lengths and checksums."""
    assert file[:8] == b"\x89PNG\r\n\x1a\n"
    found, at = {}, 8
    while at < len(file):
        (size,) = struct.unpack(">I", file[at : at + 4])
        kind, data = file[at + 4 : at + 8], file[at + 8 : at + 8 + size]
        assert struct.unpack(">I", file[at + 8 + size : at + 12 + size]) == (zlib.crc32(kind + data),)
        found[kind], at = data, at + 12 + size
    return found


def decode(file: bytes) -> NDArray[np.uint8]:
    """Undo filters 0 and 1."""
    parts = chunks(file)
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    assert (depth, rest, list(parts)) == (8, [0, 0, 0], [b"IHDR", b"IDAT", b"IEND"])
    channels = {0: 1, 2: 3, 6: 4}[colour]
    rows = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(height, 1 + width * channels)
    pixels = rows[:, 1:].reshape(height, width, channels)
    summed = np.cumsum(pixels, axis=1, dtype=np.uint8)
    return np.where((rows[:, 0] == 1)[:, None, None], summed, pixels)


@given(
    seed=st.integers(0, 2**32 - 1),
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    channels=st.sampled_from([1, 3, 4]),
)
def test_every_pixel_comes_back(seed: int, height: int, width: int, channels: int) -> None:
    """A PNG loses nothing, whatever its size and number of channels."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)
    np.testing.assert_array_equal(decode(png(pixels)), pixels)


def test_a_slope_is_stored_as_differences() -> None:
    """A smooth picture takes a fraction of its pixels' bytes."""
    slope: NDArray[Any] = np.add.outer(np.arange(96), np.arange(96)).astype(np.uint8)[..., None]
    assert len(png(slope)) < slope.size / 10


@pytest.mark.parametrize("kinds", [(b"IHDR", b"IDAT"), (b"IDAT", b"IEND")])
def test_chunks_keep_their_order(kinds: tuple[bytes, bytes]) -> None:
    """Readers refuse a file whose header is not first and whose end is not last."""
    assert kinds in pairwise(chunks(png(np.zeros((1, 1, 1), dtype=np.uint8))))
