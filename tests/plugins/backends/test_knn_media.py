"""The backend ``knn`` on texts, pictures and sounds where no network is named."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cl_core import Clips, Dataset, InputError, Predictions
from cl_plugins.backends.knn import predict_knn
from cl_plugins.backends.knn_options import KnnOptions

SUBJECTS = ("parcel late delivery", "card blocked payment", "refund money account")


def predict(data: Dataset, **options: Any) -> Predictions:
    return predict_knn(data, KnnOptions.model_validate(options), lambda *_: None)


def dataset(features: Any, modality: Any, n: int) -> Dataset:
    return Dataset("small", np.arange(n), np.arange(n) % 3, ("a", "b", "c"), features, modality, "small")


def texts(n: int) -> Dataset:
    rng = np.random.default_rng(0)
    rows = [f"{' '.join(rng.permutation(SUBJECTS[i % 3].split()))} {rng.integers(99)}" for i in range(n)]
    return dataset(rows, "text", n)


def pictures(n: int) -> Dataset:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 60, (n, 16, 16)).astype(np.uint8)
    for i in range(n):
        place = int(rng.integers(3, 12))
        lines = ((place, slice(None)), (slice(None), place), (np.arange(16), (np.arange(16) + place) % 16))
        pixels[i][lines[i % 3]] = 220
    return dataset(pixels, "image", n)


def sounds(n: int) -> Dataset:
    rng = np.random.default_rng(0)
    time = np.arange(2000) / 8000
    clips = [
        np.sin(
            2 * np.pi * np.cumsum(rng.uniform(500, 700) * (1 + (1.2, -0.6, 0)[i % 3] * time / 0.25)) / 8000
        )
        for i in range(n)
    ]
    offsets = np.arange(n + 1) * 2000
    return dataset(Clips(np.concatenate(clips).astype(np.float32), offsets, 8000), "audio", n)


KINDS: list[tuple[Callable[[int], Dataset], str]] = [
    (texts, "cosine distance, words and letters reduced to"),
    (pictures, "euclidean distance, edges and coarse colour at 32 x 32 pixels"),
    (sounds, "euclidean distance, log-mel statistics at 8,000 Hz, of equal spread"),
]


@pytest.mark.parametrize(("make", "said"), KINDS)
def test_neighbours_judge_every_kind_of_data_by_default(make: Callable[[int], Dataset], said: str) -> None:
    """Nearly every row gets its label; the record says what was compared, a note what would be better."""
    data = make(120)
    found = predict(data)
    assert (found.pred_probs.argmax(axis=1) == data.labels).mean() > 0.9
    assert said in found.model
    assert any("`embedding` names one" in note for note in found.notes)
    assert np.array_equal(found.pred_probs, predict(data).pred_probs)


@pytest.mark.parametrize("make", [make for make, _ in KINDS])
def test_a_label_changes_no_vector(make: Callable[[int], Dataset]) -> None:
    """A row's own label has no say in its probabilities, though vectors are made of all rows."""
    data = make(60)
    other = data.labels.copy()
    other[7] = (other[7] + 1) % 3
    settled = {"k": 60}  # all rows vote, so that the other choices are the only things labels can change
    before, after = predict(data, **settled), predict(replace(data, labels=other), **settled)
    assert np.abs(before.pred_probs[7] - after.pred_probs[7]).max() < 0.1


def test_equal_texts_are_twins() -> None:
    """Their vectors are the same to the last bit, so that a note can count torn twins."""
    data = texts(40)
    rows = list(data.features)
    rows[1] = rows[0]
    notes = predict(replace(data, features=rows)).notes
    assert "2 rows have an identical twin with another label" in notes


def test_very_few_texts_and_unicode_do() -> None:
    """Three texts, one a sign and one empty, still get probabilities."""
    found = predict(dataset(["你好", "\U0001f600", ""], "text", 3))
    assert found.pred_probs.shape == (3, 3)
    assert np.isfinite(found.pred_probs).all()
    with pytest.raises(InputError, match="all 3 texts"):
        predict(dataset(["", " ", ""], "text", 3))
