"""Describes sounds by the course of their log-mel spectrum. Learns nothing."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cl_plugins.sounds import Sound

_MEL_BANDS = 24
_WINDOW_SECONDS = 0.032
_STEP_SECONDS = 0.010
_LOWEST_HZ = 50.0
# Parts of a sound, from its beginning to its end, each described by itself.
_PARTS = 8
# What is this much weaker than the loudest moment, in nats of power, is taken for silence around the sound.
_SILENCE = 9.0
_FLOOR = 1e-4
_QUIETEST = 1e-6
# A long sound is described by this many moments at most.
_MOST_FRAMES = 20_000


def describe_sound(sound: Sound, rate: int) -> NDArray[np.float32]:
    """Describe one sound by numbers, shape (457,): mean, spread and change of each band, and its course.

    Loudness is taken out and silence around the sound is cut off. A silent sound gives equal numbers.
    """
    mel = _log_mel(sound / max(float(np.abs(sound).max()), _QUIETEST), rate)
    loudest = mel.max(axis=1)
    heard = np.flatnonzero(loudest > loudest.max() - _SILENCE)
    mel = mel[heard[0] : heard[-1] + 1]
    mel = mel - mel.mean()
    change = np.gradient(mel, axis=0) if len(mel) > 1 else np.zeros_like(mel)
    tents = _tents(len(mel))
    described = [mel.mean(axis=0), mel.std(axis=0), change.std(axis=0)]
    described += [(tents @ mel).ravel(), (tents @ change).ravel(), np.log([len(mel)])]
    return np.concatenate(described).astype(np.float32)


def _log_mel(sound: Sound, rate: int) -> NDArray[np.float64]:
    """Log power in each band at each moment, shape (moments, bands)."""
    window = int(2 ** np.ceil(np.log2(_WINDOW_SECONDS * rate)))
    step = max(int(_STEP_SECONDS * rate), len(sound) // _MOST_FRAMES + 1)
    padded = np.pad(sound, (window // 2, window // 2 + max(0, window - len(sound))))
    moments = np.lib.stride_tricks.sliding_window_view(padded, window)[::step]
    power = np.abs(np.fft.rfft(moments * np.hanning(window), axis=1)) ** 2
    logs: NDArray[np.float64] = np.log(power @ _bands(rate, window).T + _FLOOR)
    return logs


@lru_cache(maxsize=8)
def _bands(rate: int, window: int) -> NDArray[np.float64]:
    """Weight of each frequency for each mel band, shape (bands, window // 2 + 1)."""
    hertz = np.linspace(0, rate / 2, window // 2 + 1)
    edges = _hertz(np.linspace(_mel(_LOWEST_HZ), _mel(rate / 2), _MEL_BANDS + 2))
    low, centre, high = (edges[i : i + _MEL_BANDS, None] for i in range(3))
    return np.maximum(0.0, np.minimum((hertz - low) / (centre - low), (high - hertz) / (high - centre)))


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(700 * (10 ** (mel / 2595) - 1))


def _tents(moments: int) -> NDArray[np.float64]:
    """Weight of each moment for each part, fading into the neighbours, shape (parts, moments)."""
    width = moments / _PARTS
    centres = (np.arange(_PARTS) + 0.5) * width
    away = np.abs(np.arange(moments) + 0.5 - centres[:, None]) / max(width, 1.0)
    tents = np.maximum(1 - away, 0.0)
    return np.asarray(tents / np.maximum(tents.sum(axis=1, keepdims=True), 1e-9))
