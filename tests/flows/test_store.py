"""What one step saves, the next reads: any modality, any extra."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cl_core.dataset import Dataset, Modality, Predictions, View
from cl_core.media import Clips, MediaFiles
from cl_flows.store import read_predictions, save_predictions
from cl_plugins.stored_rows import read_dataset, save_dataset


def dataset(features: Any, modality: Modality, **more: Any) -> Dataset:
    return Dataset(
        "d", np.array(["a", "b", "c"]), np.array([0, 1, 0]), ("x", "y"), features, modality, "f", **more
    )


def test_a_table_keeps_its_groups_times_and_source(tmp_path: Path) -> None:
    """Whatever a split or a slice needs travels with the rows."""
    table = pd.DataFrame({"n": [1.0, 2.0, 3.0]})
    times = np.array(["2026-01-01", "2026-01-02", "2026-01-03"], dtype="datetime64[us]")
    source = table.assign(label=["x", "y", "x"])
    groups = np.array(["g", "h", "g"], dtype=object)
    saved = dataset(table, "table", groups=groups, times=times, source=source)
    save_dataset(saved, tmp_path / "d")
    found = read_dataset(tmp_path / "d")
    assert found.groups is not None
    assert found.times is not None
    assert found.groups.tolist() == ["g", "h", "g"]
    np.testing.assert_array_equal(found.times, times)
    pd.testing.assert_frame_equal(found.features, table)
    assert found.source is not None
    assert found.source.to_dict("list") == source.to_dict("list")


def test_files_and_clips_come_back(tmp_path: Path) -> None:
    """Pictures stay in their files; sounds keep their lengths and rate."""
    files = MediaFiles("s3://bucket/in", np.array(["1.png", "2.png", "3.png"]))
    clips = Clips(np.arange(6, dtype=np.int16), np.array([0, 1, 3, 6]), 8000)
    save_dataset(dataset(files, "image"), tmp_path / "files")
    save_dataset(dataset(clips, "audio"), tmp_path / "clips")
    assert read_dataset(tmp_path / "files").features.location(2) == "s3://bucket/in/3.png"
    heard = read_dataset(tmp_path / "clips").features
    assert (heard.rate, [heard[i].tolist() for i in range(3)]) == (8000, [[0], [1, 2], [3, 4, 5]])


def test_the_views_of_an_ensemble_come_back(tmp_path: Path) -> None:
    """An estimator that reads several models finds each of them by name."""
    probs = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]])
    views = (View("one", probs), View("two", probs[::-1]))
    save_predictions(Predictions(probs, None, "two models", ("a note",), views), tmp_path / "p")
    found = read_predictions(tmp_path / "p")
    assert (found.out_of_sample, found.model, found.notes) == (None, "two models", ("a note",))
    assert [view.name for view in found.views] == ["one", "two"]
    np.testing.assert_array_equal(found.views[1].pred_probs, probs[::-1])


def test_parts_of_different_lengths_are_refused() -> None:
    """A group for every row, or none at all."""
    with pytest.raises(Exception, match="3 labels but 2 groups"):
        dataset(None, "none", groups=np.array([1, 2]))
