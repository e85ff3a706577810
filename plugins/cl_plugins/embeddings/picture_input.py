"""Pictures as a network wants them: brought to one size, scaled by mean and std, channels first."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cl_core.errors import ConfigError
from cl_plugins.embeddings.options import Embedding
from cl_plugins.pictures import picture_batches

_USUAL_SIZE = (224, 224)
_PICTURE_AXES = 4  # rows, channels, height, width


@dataclass(frozen=True, slots=True)
class PictureInput:
    """What a network takes: None where it takes any."""

    network: str
    channels: int | None = None
    height: int | None = None
    width: int | None = None

    def batches(self, features: Any, embedding: Embedding, size: int) -> Iterator[NDArray[np.float32]]:
        """Yield the pictures in order, float arrays (b, channels, height, width)."""
        shape = self._size(embedding)
        channels = self.channels or len(embedding.mean)
        if channels not in (1, 3):
            raise ConfigError(
                f"{self.network} wants {channels} channels, pictures have 1 or 3",
                hint="give a network for grey or for coloured pictures",
            )
        if len(embedding.mean) != channels:
            raise ConfigError(
                f"{self.network} wants {channels} channel{'s' if channels > 1 else ''}, mean and std have "
                f"{len(embedding.mean)}",
                hint="set mean and std to what the network was trained with, one number a channel",
            )
        mean = np.array(embedding.mean, dtype=np.float32)[:, None, None]
        std = np.array(embedding.std, dtype=np.float32)[:, None, None]
        mode: Literal["L", "RGB"] = "RGB" if len(embedding.mean) > 1 else "L"
        for pixels in picture_batches(features, size=shape, mode=mode, batch=size):
            cube = pixels[..., None] if mode == "L" else pixels
            yield (np.moveaxis(cube, -1, 1).astype(np.float32) / np.float32(255) - mean) / std

    def _size(self, embedding: Embedding) -> tuple[int, int]:
        given = embedding.size or _USUAL_SIZE
        wanted = (self.height or given[0], self.width or given[1])
        if embedding.size is not None and wanted != embedding.size:
            raise ConfigError(
                f"{self.network} takes pictures of {wanted[0]} x {wanted[1]}, size says "
                f"{given[0]} x {given[1]}",
                hint="leave size out: it is known from the network",
            )
        return wanted


def one_vector_each(answer: NDArray[Any], network: str, output: str, *, last: bool) -> NDArray[np.float32]:
    """Average an answer over everything but rows and channels; channels are axis 1, or the last one."""
    if answer.ndim < 2 or answer.dtype.kind != "f":  # noqa: PLR2004 - rows and channels
        raise ConfigError(
            f"output {output} of {network} is {answer.dtype} of shape {answer.shape}, wanted a vector a row",
            hint="name another with `output`",
        )
    # Feature maps are rows x channels x height x width; tokens are rows x tokens x channels.
    channels = -1 if last or answer.ndim != _PICTURE_AXES else 1
    ready = np.moveaxis(answer.astype(np.float32), channels, -1)
    return np.asarray(ready.reshape(len(ready), -1, ready.shape[-1]).mean(axis=1), dtype=np.float32)
