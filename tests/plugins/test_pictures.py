"""Pictures: what is decoded how, and what is refused."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cl_core import InputError
from cl_core.media import MediaFiles
from cl_plugins.pictures import load_pictures, picture_batches, small_picture


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., MediaFiles]:
    """Write files of given content and name them as features."""

    def write(**content: bytes) -> MediaFiles:
        names = [name.replace("__", ".") for name in content]
        for name, data in zip(names, content.values(), strict=True):
            (tmp_path / name).write_bytes(data)
        return MediaFiles(str(tmp_path), np.array(names))

    return write


def encoded(pixels: Any, form: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.asarray(pixels)).save(file, form, **options)
    return file.getvalue()


GREY = np.array([[0, 50], [100, 250]], dtype=np.uint8)


def test_files_give_their_pixels(files: Callable[..., MediaFiles]) -> None:
    """Grey and colour, each asked for in either mode; rows keep their order."""
    red = np.zeros((2, 2, 3), dtype=np.uint8)
    red[..., 0] = 255
    both = files(a__png=encoded(GREY), b__gif=encoded(GREY + 5, "GIF"), c__bmp=encoded(red, "BMP"))
    grey = load_pictures(both, mode="L")
    assert grey.tolist() == [GREY.tolist(), (GREY + 5).tolist(), [[76, 76], [76, 76]]]
    colour = load_pictures(both, mode="RGB")
    assert colour.shape == (3, 2, 2, 3)
    assert (colour[2] == red).all()


def test_pictures_are_brought_to_one_size(files: Callable[..., MediaFiles]) -> None:
    """Different sizes need `size`, given as height and width; one pixel is a picture, too."""
    both = files(
        a__png=encoded(np.full((3, 9), 7, np.uint8)), b__jpg=encoded(np.full((1, 1), 9, np.uint8), "JPEG")
    )
    with pytest.raises(InputError, match="picture 1 is 1 x 1 pixels, the first one 3 x 9"):
        load_pictures(both)
    brought = load_pictures(both, size=(4, 6))
    assert brought.shape == (2, 4, 6)
    assert brought[0].tolist() == [[7] * 6] * 4


def test_a_picture_stands_as_its_exif_data_say(files: Callable[..., MediaFiles]) -> None:
    """A camera held sideways writes orientation 6: turn a quarter clockwise."""
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = files(a__png=encoded(GREY, exif=exif))
    assert load_pictures(turned)[0].tolist() == np.rot90(GREY, -1).tolist()


def test_what_can_be_seen_through_is_white(files: Callable[..., MediaFiles]) -> None:
    """Colours under full transparency mean nothing."""
    clear = np.zeros((1, 2, 4), dtype=np.uint8)
    clear[0, 1] = (10, 10, 10, 255)
    assert load_pictures(files(a__png=encoded(clear)))[0].tolist() == [[255, 10]]


def test_sixteen_bits_are_scaled(files: Callable[..., MediaFiles]) -> None:
    """65535 is white, as 255 is in eight bits."""
    deep = np.array([[0, 257, 65535]], dtype=np.uint16)
    assert load_pictures(files(a__png=encoded(deep)))[0].tolist() == [[0, 1, 255]]


def test_arrays_are_spread_over_bytes() -> None:
    """Bytes stay; other numbers go from the lowest to the highest of all pictures; alpha is dropped."""
    assert load_pictures(GREY[None])[0].tolist() == GREY.tolist()
    assert load_pictures(np.array([[[0.0, 16.0]], [[8.0, 4.0]]])).tolist() == [[[0, 255]], [[128, 64]]]
    assert load_pictures(np.ones((2, 3, 3))).max() == 0
    assert load_pictures(np.zeros((2, 3, 3, 4), np.uint8), mode="RGB").shape == (2, 3, 3, 3)
    assert load_pictures(GREY[None], mode="RGB").shape == (1, 2, 2, 3)


def test_batches_say_the_same_as_all_at_once() -> None:
    """Batches of any size, in order."""
    pictures = np.arange(7 * 4, dtype=np.uint8).reshape(7, 2, 2)
    parts = list(picture_batches(pictures, batch=3))
    assert [len(part) for part in parts] == [3, 3, 1]
    assert (np.concatenate(parts) == load_pictures(pictures)).all()


def bomb() -> bytes:
    """Make a PNG of a few bytes that claims 60,000 x 60,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"just a text", "no whole picture: its beginning is that of no known format$"),
        (b"", "empty"),
        (
            encoded(np.random.default_rng(0).integers(0, 255, (40, 40), dtype=np.uint8))[:700],
            "no whole picture",
        ),
        (encoded(np.zeros((40, 40), np.uint8), "JPEG")[:300], "no whole picture"),
        (bomb(), "claims more than"),
        (encoded(np.zeros((2, 2), np.float32), "TIFF"), "no known range"),
    ],
)
def test_broken_files_are_refused_by_name(files: Callable[..., MediaFiles], data: bytes, said: str) -> None:
    """A text called .png, an empty and a cut file, and one that would fill the memory."""
    broken = files(a__png=encoded(GREY), bad__png=data)
    with pytest.raises(InputError, match=said) as caught:
        load_pictures(broken, size=(8, 8))
    assert "bad.png" in str(caught.value)
    assert caught.value.hint


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    """The error names file and row."""
    with pytest.raises(InputError, match=r"'gone.png' of row 0"):
        load_pictures(MediaFiles(str(tmp_path), np.array(["gone.png"])))


@pytest.mark.parametrize(
    ("pictures", "said"),
    [
        (np.array([[[1.0, np.nan]]]), "picture 0 holds values"),
        (np.zeros((3, 4)), "shape"),
        (np.zeros((3, 0, 4)), "shape"),
        (np.array([[["a"]]]), "wanted numbers"),
    ],
)
def test_arrays_that_are_no_pictures_are_refused(pictures: Any, said: str) -> None:
    """NaN, flat rows, empty pictures and words."""
    with pytest.raises(InputError, match=said):
        load_pictures(pictures)


def test_a_small_picture_keeps_its_proportions(files: Callable[..., MediaFiles]) -> None:
    """The longer side is cut down; a smaller picture stays."""
    both = files(a__jpg=encoded(np.zeros((100, 400), np.uint8), "JPEG"), b__png=encoded(GREY))
    assert small_picture(both, 0, side=80).shape == (20, 80, 3)
    assert small_picture(both, 1, side=80).shape == (2, 2, 3)


def test_files_behind_a_url_are_read() -> None:
    """An fsspec URL serves as root."""
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe_file("/shots/a.png", encoded(GREY))
    assert load_pictures(MediaFiles("memory://shots", np.array(["a.png"])))[0].tolist() == GREY.tolist()
