"""A folder of pictures or sounds through the whole gate."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from cl_flows.config import make_config
from cl_flows.direct import run_direct


def picture(path: Path, kind: int, rng: np.random.Generator) -> None:
    """Draw a bar that stands or lies."""
    pixels = rng.integers(0, 60, (16, 16)).astype(np.uint8)
    place = int(rng.integers(3, 12))
    pixels[(slice(None), place) if kind else (place, slice(None))] = 220
    Image.fromarray(pixels).save(path.with_suffix(".png"))


def sound(path: Path, kind: int, rng: np.random.Generator) -> None:
    """Write a tone that rises or falls."""
    time = np.arange(2400) / 8000
    pitch = rng.uniform(500, 700) * (1 + (1.2 if kind else -0.6) * time / time[-1])
    soundfile.write(path.with_suffix(".wav"), np.sin(2 * np.pi * np.cumsum(pitch) / 8000) / 3, 8000)


@pytest.mark.parametrize(("make", "backend"), [(picture, "edges"), (sound, "log-mel")])
def test_a_folder_is_gated_with_nothing_but_its_path(
    make: Callable[[Path, int, np.random.Generator], None], backend: str, tmp_path: Path
) -> None:
    """Loader and backend are found; the file in the wrong folder comes first, with a look at it."""
    rng = np.random.default_rng(0)
    for i in range(120):
        folder = tmp_path / "files" / ("standing" if (i % 2) != (i == 7) else "lying")
        folder.mkdir(parents=True, exist_ok=True)
        make(folder / f"{i:03d}", i % 2, rng)
    gate = {"max_noise_rate": 0.001, "great_expectations": False}
    raw = {
        "data": {"path": str(tmp_path / "files")},
        "gate": gate,
        "output": {"folder": str(tmp_path / "runs")},
    }
    result = run_direct(make_config(raw, "test"))
    report = json.loads((Path(result.folder) / "report.json").read_text())
    assert str(report["suspects"][0]["id"]).startswith("lying/007")
    assert backend in json.dumps(report)
