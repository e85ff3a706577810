"""Pictures through an ONNX network, one vector a picture. No other modality."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cl_core.errors import InputError
from cl_core.hooks import Progress
from cl_plugins.embeddings.onnx_network import OnnxNetwork
from cl_plugins.embeddings.options import Embedding
from cl_plugins.embeddings.picture_input import PictureInput, one_vector_each

_AXES = 4  # rows, channels, height and width, in one of two orders


def embed_pictures(
    features: Any, embedding: Embedding, progress: Progress
) -> tuple[NDArray[np.float32], str]:
    """One vector a picture, shape (n, d), and a line about the network."""
    path = embedding.path or Path()
    network = OnnxNetwork(path / "model.onnx" if path.is_dir() else path, embedding.providers)
    if len(network.inputs) != 1 or len(network.inputs[0].shape) != _AXES:
        raise InputError(
            f"{network.name} is no network for pictures: it wants {network.wants()}",
            hint="pictures are fed as one input: rows x channels x height x width, or channels last",
        )
    port = network.inputs[0]
    output = network.output_named(embedding.output) or network.outputs[0]
    last = port.shape[3] in (1, 3) and port.shape[1] not in (1, 3)
    rows, *axes = port.shape
    channels, height, width = (axes[2], axes[0], axes[1]) if last else axes
    wanted = PictureInput(network.name, channels, height, width)
    found, done = [], 0
    for batch in wanted.batches(features, embedding, rows or embedding.batch_size):
        progress(done, len(features), "embedding pictures")
        ready = np.moveaxis(batch, 1, -1) if last else batch
        missing = (rows or 0) - len(ready)
        if missing > 0:  # the network takes whole batches only
            ready = np.concatenate([ready, np.zeros((missing, *ready.shape[1:]), dtype=np.float32)])
        answer = network.run({port.name: ready}, output.name)[: len(batch)]
        found.append(one_vector_each(answer, network.name, output.name, last=last))
        done += len(batch)
    progress(done, done, "embedding pictures")
    return np.concatenate(found), network.sentence
