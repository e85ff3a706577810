"""Sounds through one ONNX network or two (samples to spectrogram to vector), averaged over windows."""

from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cl_core.errors import ConfigError, InputError
from cl_core.hooks import Progress
from cl_plugins.embeddings.onnx_network import OnnxNetwork, Port
from cl_plugins.embeddings.options import Embedding
from cl_plugins.embeddings.windows import chunks, windows
from cl_plugins.sounds import Sound, sound_batches

_HINT = (
    "sounds are fed as one input of samples, rows x samples; a network that wants a spectrogram needs "
    "before_path, an .onnx file that makes it from samples"
)


def embed_sounds(features: Any, embedding: Embedding, progress: Progress) -> tuple[NDArray[np.float32], str]:
    """One vector a sound, shape (n, d), and a line about the networks."""
    path = embedding.path or Path()
    network = OnnxNetwork(path / "model.onnx" if path.is_dir() else path, embedding.providers)
    port = _only_input(network)
    output = network.output_named(embedding.output) or network.outputs[0]
    before = None if embedding.before_path is None else _Spectrogram(embedding)
    inner = [axis for axis in port.shape[1:] if axis != 1]
    if before is None:
        window, turned = _sample_window(inner, network), False
        least = window or 1
    else:
        window, turned = _frame_window(inner, before, network)
        least = before.samples_for(window or 1)
    found: list[NDArray[np.float32]] = []
    for batch in sound_batches(features, rate=embedding.rate):
        for sound in batch:
            progress(len(found), len(features), "embedding sounds")
            samples = _padded(sound * np.float32(embedding.full_scale), least)
            frames = samples if before is None else before.run(samples)
            cut = windows(frames, window or len(frames), embedding.step)
            found.append(_average(network, port, output, cut.swapaxes(1, 2) if turned else cut, embedding))
    progress(len(found), len(found), "embedding sounds")
    first = "" if before is None else f"{before.sentence}, then "
    return np.stack(found), first + network.sentence


class _Spectrogram:
    """The network that turns samples into frames; what it gives is found out by two silent sounds."""

    def __init__(self, embedding: Embedding) -> None:
        self._network = OnnxNetwork(embedding.before_path or Path(), embedding.providers)
        self._port = _only_input(self._network)
        if len([axis for axis in self._port.shape[1:] if axis != 1]) > 1:
            raise InputError(f"{self._network.name} wants {self._port}, not samples", hint=_HINT)
        self._scale, self._shift = np.float32(embedding.before_scale), np.float32(embedding.before_shift)
        self.sentence = self._network.sentence
        self._rate = embedding.rate
        one, two = (self._raw(np.zeros(n * self._rate, dtype=np.float32)).shape for n in (1, 2))
        grown = [axis for axis in range(len(one)) if len(one) == len(two) and one[axis] != two[axis]]
        if len(one) != 2 or len(grown) != 1:  # noqa: PLR2004 - frames and bands
            raise ConfigError(
                f"{self._network.name} turned 1 and 2 seconds of silence into {one} and {two}, wanted frames "
                "x bands, more frames for more sound",
                hint="give a network that makes a spectrogram, and the rate that it wants",
            )
        self._frame_axis = grown[0]
        self._per_second: int = two[self._frame_axis] - one[self._frame_axis]
        self._of_one_second: int = one[self._frame_axis]
        self.bands: int = one[1 - self._frame_axis]

    def samples_for(self, frames: int) -> int:
        """Return how many samples make so many frames, or a few more."""
        seconds = 1.0 + (frames - self._of_one_second) / self._per_second
        return max(1, ceil(self._rate * seconds))

    def run(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Frames of one sound, shape (t, bands)."""
        frames = np.moveaxis(self._raw(samples), self._frame_axis, 0)
        return frames * self._scale + self._shift

    def _raw(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        shape = [1] * len(self._port.shape)
        shape[-1] = len(samples)
        output = self._network.outputs[0].name
        answer = self._network.run({self._port.name: samples.reshape(shape)}, output)
        return np.asarray(answer.squeeze(), dtype=np.float32)


def _only_input(network: OnnxNetwork) -> Port:
    if len(network.inputs) != 1 or not network.inputs[0].shape:
        raise InputError(f"{network.name} is no network for sounds: it wants {network.wants()}", hint=_HINT)
    return network.inputs[0]


def _sample_window(inner: list[int | None], network: OnnxNetwork) -> int | None:
    """Return the samples of a window, None where the network takes sounds of any length."""
    if len(inner) != 1:
        raise InputError(f"{network.name} is no network for samples: it wants {network.wants()}", hint=_HINT)
    return inner[0]


def _frame_window(
    inner: list[int | None], before: _Spectrogram, network: OnnxNetwork
) -> tuple[int | None, bool]:
    """Frames a window, and whether the network wants the bands before the frames."""
    match inner:
        case [window, bands] if bands in (before.bands, None):
            return window, False
        case [bands, window] if bands == before.bands:
            return window, True
        case _:
            raise ConfigError(
                f"{network.name} wants {network.wants()}, before_path gives frames of {before.bands} bands",
                hint="give two networks that belong together",
            )


def _padded(samples: Sound, least: int) -> NDArray[np.float32]:
    """Put silence behind a sound that is too short."""
    return samples if len(samples) >= least else np.pad(samples, (0, least - len(samples)))


def _average(
    network: OnnxNetwork, port: Port, output: Port, cut: NDArray[np.float32], embedding: Embedding
) -> NDArray[np.float32]:
    """Mean vector of the windows of one sound."""
    sizes = iter(cut.shape[1:])
    shape = [1 if axis == 1 else next(sizes, 1) for axis in port.shape[1:]]
    fixed = port.shape[0]
    vectors = []
    for chunk, n in chunks(cut, fixed or embedding.batch_size, whole=fixed is not None):
        answer = network.run({port.name: chunk.reshape(len(chunk), *shape)}, output.name)
        if answer.ndim < 2 or len(answer) != len(chunk):  # noqa: PLR2004 - windows and numbers
            raise ConfigError(
                f"output {output} of {network.name} has shape {answer.shape} for {len(chunk)} windows",
                hint="name an output with one vector a window, or one a frame, with `output`",
            )
        vectors.append(answer[:n].reshape(n, -1, answer.shape[-1]).mean(axis=1))
    return np.asarray(np.concatenate(vectors).mean(axis=0), dtype=np.float32)
