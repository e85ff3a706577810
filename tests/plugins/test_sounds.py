"""Sounds: what is decoded how, and what is refused."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from cl_core import InputError
from cl_core.media import Clips, MediaFiles
from cl_plugins.sounds import load_sounds, sound_batches


def encoded(samples: Any, rate: int = 8000, form: str = "WAV", subtype: str | None = None) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.asarray(samples), rate, format=form, subtype=subtype)
    return file.getvalue()


def files(folder: Path, **content: bytes) -> MediaFiles:
    names = [name.replace("__", ".") for name in content]
    for name, data in zip(names, content.values(), strict=True):
        (folder / name).write_bytes(data)
    return MediaFiles(str(folder), np.array(names))


def test_files_give_one_channel_of_samples(tmp_path: Path) -> None:
    """Channels are averaged; the format plays no part."""
    stereo = np.array([[0.5, 0.0], [0.0, -0.5], [0.25, 0.25]])
    both = files(tmp_path, a__wav=encoded(stereo), b__flac=encoded(stereo[:2, 0], form="FLAC"))
    first, second = load_sounds(both, rate=8000)
    np.testing.assert_allclose(first, [0.25, -0.25, 0.25], atol=1e-4)
    np.testing.assert_allclose(second, [0.5, 0.0], atol=1e-4)
    assert first.dtype == np.float32


def test_clips_of_every_type_span_the_same_range() -> None:
    """Half of full scale is 0.5, whether 16 bits, 8 unsigned bits or a float."""
    ends = np.array([0, 2, 3])
    for samples in (
        np.array([16384, -16384, 0], np.int16),
        np.array([192, 64, 128], np.uint8),
        np.array([0.5, -0.5, 0.0]),
    ):
        first, second = load_sounds(Clips(samples, ends, 8000), rate=8000)
        assert (first.tolist(), second.tolist()) == ([0.5, -0.5], [0.0])


def test_sounds_are_brought_to_one_rate(tmp_path: Path) -> None:
    """A tone keeps its pitch and its length in seconds."""
    tone = np.sin(2 * np.pi * 440 * np.arange(44_100) / 44_100) / 2
    sound = load_sounds(files(tmp_path, a__wav=encoded(tone, 44_100)), rate=8000)[0]
    assert len(sound) == 8000
    assert abs(np.fft.rfft(sound)).argmax() == 440


def test_batches_say_the_same_as_all_at_once() -> None:
    """Batches of any size, in order."""
    clips = Clips(np.arange(10, dtype=np.int16), np.arange(11), 8000)
    parts = list(sound_batches(clips, rate=8000, batch=4))
    assert [len(part) for part in parts] == [4, 4, 2]
    assert [s.tolist() for part in parts for s in part] == [s.tolist() for s in load_sounds(clips, rate=8000)]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"just a text", "no whole sound"),
        (b"", "0 bytes"),
        (encoded(np.zeros(0)), "empty sound"),
        (encoded(np.zeros(100))[:20], "no whole sound"),
        (encoded(np.zeros(1000))[:1000], "its end is missing"),
        (encoded(np.random.default_rng(0).normal(size=9000) / 9, form="FLAC")[:9000], "no whole sound"),
        (encoded([0.1, np.nan], subtype="FLOAT"), "no numbers"),
    ],
    # A float file holds the time it was written: not a name that two workers agree on.
    ids=["text", "nothing", "no samples", "cut header", "cut samples", "cut flac", "nan"],
)
def test_broken_files_are_refused_by_name(tmp_path: Path, data: bytes, said: str) -> None:
    """A text called .wav, an empty clip, a cut header and samples that are no numbers."""
    with pytest.raises(InputError, match=said) as caught:
        load_sounds(files(tmp_path, good__wav=encoded(np.zeros(9)), bad__wav=data), rate=8000)
    assert "bad.wav" in str(caught.value)
    assert caught.value.hint


def test_clips_that_are_no_sounds_are_refused() -> None:
    """Empty, endless and worded clips, by row."""
    ends = np.array([0, 2, 2])
    with pytest.raises(InputError, match="clip 1 is an empty sound"):
        load_sounds(Clips(np.zeros(2), ends, 8000), rate=8000)
    with pytest.raises(InputError, match="minutes long"):
        load_sounds(Clips(np.zeros(4000), np.array([0, 4000]), 1), rate=8000)
    with pytest.raises(InputError, match="wanted numbers"):
        load_sounds(Clips(np.array(["a", "b"]), np.array([0, 2]), 8000), rate=8000)
