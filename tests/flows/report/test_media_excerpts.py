"""Suspects that lie in files or clips: a small picture, or a sound's name and length."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from PIL import Image

from cl_core import Dataset, assess
from cl_core.media import Clips, MediaFiles
from cl_flows.report import gather_suspects

PROBS = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.9, 0.1]])


def excerpts(features: Any, modality: Any) -> list[Any]:
    """Excerpts in the order of the rows."""
    labels = np.array([0, 0, 1, 1])
    data = Dataset("d", np.arange(4), labels, ("a", "b"), features, modality, "f", pred_probs=PROBS)
    found = gather_suspects(data, assess(labels, PROBS, ids=data.ids))
    return [suspect.excerpt for suspect in sorted(found, key=lambda suspect: int(suspect.id))]


def test_pictures_in_files_are_shown_small(tmp_path: Path) -> None:
    """At most 160 pixels a side, whatever the file holds; a file that is gone shows nothing."""
    for i, shape in enumerate(((900, 300), (20, 10), (64, 64))):
        Image.fromarray(np.full(shape, 40 * i, np.uint8)).save(tmp_path / f"{i}.png")
    shown = excerpts(MediaFiles(str(tmp_path), np.array(["0.png", "1.png", "2.png", "gone.png"])), "image")
    sizes = [Image.open(io.BytesIO(file)).size for file in shown[:3]]
    assert sizes == [(53, 160), (10, 20), (64, 64)]
    assert shown[3] is None


def test_sounds_say_their_name_and_length(tmp_path: Path) -> None:
    """Files by name and seconds, clips by seconds; a broken file says so."""
    for i, seconds in enumerate((1, 90, 0.25)):
        soundfile.write(tmp_path / f"{i}.wav", np.zeros(int(8000 * seconds)), 8000)
    (tmp_path / "3.wav").write_text("no sound")
    assert excerpts(MediaFiles(str(tmp_path), np.array([f"{i}.wav" for i in range(4)])), "audio") == [
        {"file": "0.wav", "length": "1.00 s"},
        {"file": "1.wav", "length": "1 min 30 s"},
        {"file": "2.wav", "length": "0.25 s"},
        {"file": "3.wav", "length": "not readable"},
    ]
    clips = Clips(np.zeros(1600, np.int16), np.array([0, 400, 800, 1200, 1600]), 8000)
    assert excerpts(clips, "audio") == [{"length": "0.05 s"}] * 4
