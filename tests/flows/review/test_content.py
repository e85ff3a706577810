"""What a row looks like: pictures, sounds, texts and cells, and a sentence where there is nothing."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
from PIL import Image

from cl_core.dataset import Dataset, Modality
from cl_core.media import Clips, MediaFiles
from cl_flows.review.content import Cells, Nothing, Picture, Sound, Text, cells_of, content_of
from cl_plugins.stored_rows import map_dataset, save_dataset


def kept(folder: Path, features: Any, modality: Modality, **more: Any) -> Dataset:
    """Put two rows on disk and open them for looking."""
    labels, classes = np.array([0, 1]), ("x", "y")
    save_dataset(Dataset("d", np.array(["a", "b"]), labels, classes, features, modality, "f", **more), folder)
    return map_dataset(folder)


def decoded(picture: Any) -> Any:
    assert isinstance(picture, Picture)
    image = Image.open(io.BytesIO(picture.png))
    assert image.size == (picture.width, picture.height)
    return np.asarray(image)


def test_pictures_in_an_array_are_shown_alike(tmp_path: Path) -> None:
    """One range of values for all rows; bytes stay as they are; large ones are scaled down."""
    floats = np.stack([np.zeros((4, 6)), np.full((4, 6), 16.0)])
    data = kept(tmp_path / "floats", floats, "image")
    assert (decoded(content_of(data, 0)).max(), decoded(content_of(data, 1)).min()) == (0, 255)
    colour = np.random.default_rng(0).integers(0, 255, (2, 5, 7, 3), dtype=np.uint8)
    np.testing.assert_array_equal(decoded(content_of(kept(tmp_path / "rgb", colour, "image"), 1)), colour[1])
    large = content_of(kept(tmp_path / "large", np.zeros((2, 640, 1280), np.uint8), "image"), 0)
    assert decoded(large).shape == (160, 320)
    odd = np.full((2, 3, 3), np.nan)
    assert decoded(content_of(kept(tmp_path / "odd", odd, "image"), 0)).max() == 0


def test_a_picture_file_that_went_is_told(tmp_path: Path) -> None:
    """The row says which file is missing, and the next row is still shown."""
    Image.new("RGB", (8, 4), "red").save(tmp_path / "1.png")
    files = MediaFiles(str(tmp_path), np.array(["1.png", "2.png"]))
    data = kept(tmp_path / "rows", files, "image")
    np.testing.assert_array_equal(decoded(content_of(data, 0))[0, 0], [255, 0, 0])
    gone = content_of(data, 1)
    assert isinstance(gone, Nothing)
    assert "'2.png' of row 1 could not be read" in gone.reason
    (tmp_path / "2.png").write_bytes(b"no picture")
    broken = content_of(data, 1)
    assert isinstance(broken, Nothing)
    assert "is no whole picture" in broken.reason


def test_sounds_become_wav_with_peaks(tmp_path: Path) -> None:
    """Sixteen bits at their own rate, 400 peaks of 0..1; long ones at 16 kHz and cut."""
    rate = 8000
    tone = (np.sin(np.arange(rate) / 20) * 16000).astype(np.int16)
    clips = Clips(np.concatenate([tone, tone[: rate // 2]]), np.array([0, rate, rate + rate // 2]), rate)
    sound = content_of(kept(tmp_path / "clips", clips, "audio"), 1)
    assert isinstance(sound, Sound)
    samples, found = soundfile.read(io.BytesIO(sound.wav), dtype="int16")
    assert (found, len(samples), sound.seconds, sound.is_cut) == (rate, rate // 2, 0.5, False)
    assert len(sound.peaks) == 400
    assert max(sound.peaks) == pytest.approx(16000 / 32768, abs=0.01)
    long = np.zeros(301 * 22050, dtype=np.int16)
    clips = Clips(long, np.array([0, len(long) - 4, len(long)]), 22050)
    data = kept(tmp_path / "long", clips, "audio")
    sound = content_of(data, 0)
    assert isinstance(sound, Sound)
    assert (sound.is_cut, soundfile.info(io.BytesIO(sound.wav)).samplerate) == (True, 16_000)
    short = content_of(data, 1)
    assert isinstance(short, Sound)
    assert len(short.peaks) == 4


def test_a_broken_sound_file_is_told(tmp_path: Path) -> None:
    """The row says what is wrong with its file; the next one plays, at its own rate."""
    soundfile.write(tmp_path / "1.wav", np.zeros((441, 2)), 44_100)
    (tmp_path / "2.wav").write_bytes(b"RIFFno sound")
    data = kept(tmp_path / "rows", MediaFiles(str(tmp_path), np.array(["1.wav", "2.wav"])), "audio")
    sound = content_of(data, 0)
    assert isinstance(sound, Sound)
    assert (soundfile.info(io.BytesIO(sound.wav)).samplerate, sound.seconds) == (44_100, 0.01)
    broken = content_of(data, 1)
    assert isinstance(broken, Nothing)
    assert "'2.wav' is no whole sound" in broken.reason


def test_texts_come_whole_up_to_a_bound(tmp_path: Path) -> None:
    """Twenty thousand characters, half characters too, and the cells of the source beside them."""
    texts = ["so long " * 5000, "half \ud83d a character"]
    source = pd.DataFrame({"body": ["a", "b"], "site": ["r1", None], "note": ["", "x" * 1000]})
    data = kept(tmp_path / "texts", texts, "text", source=source)
    long = content_of(data, 0)
    assert isinstance(long, Text)
    assert (len(long.text), long.length, long.text[:7]) == (20_000, 40_000, "so long")
    assert content_of(data, 1) == Text("half \ud83d a character", 18)
    cells = cells_of(data, 1)
    assert (cells["site"], len(cells["note"])) == ("missing", 300)


def test_tables_and_arrays_show_cells(tmp_path: Path) -> None:
    """All columns of the source, also those not learned from; numbers as people write them."""
    table = pd.DataFrame({"height": [1.5, 2.0]})
    source = table.assign(site=["r1", "r2"], day=pd.to_datetime(["2026-01-01", "2026-01-02"]))
    shown = content_of(kept(tmp_path / "table", table, "table", source=source), 1)
    assert shown == Cells({"height": "2", "site": "r2", "day": "2026-01-02"})
    assert content_of(kept(tmp_path / "plain", table, "table"), 0) == Cells({"height": "1.5"})
    array = content_of(kept(tmp_path / "array", np.arange(60.0).reshape(2, 30), "array"), 1)
    assert isinstance(array, Cells)
    assert (array.cells["0"], array.cells["..."], len(array.cells)) == ("30", "6 more numbers", 25)
    assert isinstance(content_of(kept(tmp_path / "none", None, "none"), 0), Nothing)
