"""The rows people look at first."""

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cl_core import Dataset, assess
from cl_flows.report import Suspect, gather_suspects
from cl_flows.report.suspects import _bytes, _shrunk


def suspects_of(data: Dataset, limit: int = 50) -> tuple[Suspect, ...]:
    """Return the suspects of a data set with probabilities."""
    assert data.pred_probs is not None
    return gather_suspects(data, assess(data.labels, data.pred_probs, ids=data.ids), limit=limit)


def test_the_worst_flagged_rows_come_first(dataset: Callable[..., Dataset]) -> None:
    """Every seventh row is wrong, and later rows are more surely wrong."""
    found = suspects_of(dataset(), limit=3)
    assert [(s.id, s.flagged) for s in found] == [(56, True), (49, True), (42, True)]
    assert [s.quality for s in found] == sorted(s.quality for s in found)
    assert all(s.reason for s in found)


def test_rows_of_low_quality_fill_up_the_list(dataset: Callable[..., Dataset]) -> None:
    """Beyond the nine flagged rows come others, marked as not flagged, lowest quality first."""
    found = suspects_of(dataset(), limit=12)
    assert [s.flagged for s in found] == [True] * 9 + [False] * 3
    assert [s.id for s in found[9:]] == [1, 2, 3]
    assert all(s.given == s.suggested for s in found[9:])


def test_fewer_rows_than_asked_for(dataset: Callable[..., Dataset]) -> None:
    """A small data set gives all its rows and no more."""
    assert len(suspects_of(dataset(n=9), limit=50)) == 9
    assert suspects_of(dataset(), limit=0) == ()


@pytest.mark.parametrize(
    ("ids", "first"),
    [
        (np.arange(60), 56),
        (np.array([f"t{i}" for i in range(60)], dtype=object), "t56"),
        (np.arange(60) / 2, "28.0"),
    ],
)
def test_ids_are_plain_python(dataset: Callable[..., Dataset], ids: Any, first: str | int) -> None:
    """Whole numbers stay numbers, everything else is text, and nothing is of NumPy's types."""
    found = suspects_of(dataset(ids=ids))[0]
    assert found.id == first
    assert type(found.id) is type(first)


def test_text_is_cut(dataset: Callable[..., Dataset]) -> None:
    """A book is not printed into the page."""
    found = suspects_of(dataset(features=["word " * 200] * 60, modality="text"))
    assert isinstance(found[0].excerpt, str)
    assert len(found[0].excerpt) <= 400
    assert found[0].excerpt.endswith("word…")


def test_a_table_row_shows_a_few_cells(dataset: Callable[..., Dataset]) -> None:
    """Six columns at most, numbers short, missing values named."""
    columns: dict[str, Any] = {f"c{i}": np.arange(60) / 3 for i in range(9)}
    other = {"empty": [float("nan")] * 60, "none": [None] * 60, "day": pd.Timestamp("2026-11-23")}
    found = suspects_of(dataset(features=pd.DataFrame(other | columns), modality="table"))
    named = {"empty": "missing", "none": "missing", "day": "2026-11-23"}
    assert found[0].excerpt == named | dict.fromkeys(["c0", "c1", "c2"], "18.6667")


def test_an_array_row_shows_its_first_numbers(dataset: Callable[..., Dataset]) -> None:
    """Numbers without names are shown by their position."""
    found = suspects_of(dataset(features=np.arange(120.0).reshape(60, 2), modality="array"))
    assert found[0].excerpt == {"0": "112", "1": "113"}


@pytest.mark.parametrize(
    "pictures",
    [
        np.linspace(0, 1, 60 * 64).reshape(60, 8, 8),
        np.arange(60 * 64, dtype=np.uint8).reshape(60, 8, 8, 1),
        np.zeros((60, 8, 8, 3), dtype=np.float32),
        np.zeros((60, 8, 8, 4), dtype=np.uint8),
        np.ones((60, 8, 8, 2)),
        np.full((60, 8, 8), np.nan),
        np.full((60, 8, 8), np.inf),
        np.zeros((60, 8, 8), dtype=bool),
    ],
    ids=["grey", "bytes", "colour", "alpha", "two channels", "nan", "infinite", "black"],
)
def test_every_kind_of_picture_becomes_a_png(dataset: Callable[..., Dataset], pictures: Any) -> None:
    """Whatever the numbers are, each suspect gets a picture."""
    found = suspects_of(dataset(features=pictures, modality="image"))
    assert all(isinstance(s.excerpt, bytes) and s.excerpt.startswith(b"\x89PNG") for s in found)


def test_sound_is_named_but_not_shown(dataset: Callable[..., Dataset]) -> None:
    """A row that a page cannot show is still named."""
    found = suspects_of(dataset(features=[b"riff"] * 60, modality="audio"))
    assert {s.excerpt for s in found} == {None}


def test_an_empty_picture_shows_nothing(dataset: Callable[..., Dataset]) -> None:
    """A picture without pixels cannot be written as a PNG."""
    found = suspects_of(dataset(features=np.zeros((60, 0, 8)), modality="image"))
    assert {s.excerpt for s in found} == {None}


def test_large_pictures_keep_to_the_weight_of_a_page(dataset: Callable[..., Dataset]) -> None:
    """Even noise, which no PNG can shrink, takes at most half a megabyte of the page."""
    noise = np.random.default_rng(0).integers(0, 256, (60, 200, 300, 3), dtype=np.uint8)
    found = suspects_of(dataset(features=noise, modality="image"))
    encoded = [base64.b64encode(s.excerpt) for s in found if isinstance(s.excerpt, bytes)]
    assert len(encoded) == 50
    assert sum(map(len, encoded)) <= 500_000


def test_values_spread_over_all_greys() -> None:
    """The lowest value is black, the highest white, the middle grey, and NaN black."""
    picture = np.array([[-1.0, 1.0], [0.0, np.nan]])[..., None]
    assert _bytes(picture, -1.0, 1.0).ravel().tolist() == [0, 255, 128, 0]


def test_shrinking_averages_blocks() -> None:
    """Four columns become two, each the mean of its block of four pixels."""
    picture = np.array([[0, 2, 4, 6], [2, 4, 6, 8]], dtype=np.uint8)[..., None]
    assert _shrunk(picture, 2).ravel().tolist() == [2.0, 6.0]
    assert _shrunk(np.ones((1, 1000, 1)), 100).shape == (1, 100, 1)
