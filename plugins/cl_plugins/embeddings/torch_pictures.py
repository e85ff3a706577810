"""Pictures through a torch network, one vector a picture. No other modality."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cl_core.hooks import Progress
from cl_plugins.embeddings.options import Embedding
from cl_plugins.embeddings.picture_input import PictureInput, one_vector_each
from cl_plugins.embeddings.torch_network import TorchNetwork


def embed_pictures(
    features: Any, embedding: Embedding, progress: Progress
) -> tuple[NDArray[np.float32], str]:
    """One vector a picture, shape (n, d), and a line about the network."""
    network = TorchNetwork(embedding)
    found, done = [], 0
    for batch in PictureInput(network.name).batches(features, embedding, embedding.batch_size):
        progress(done, len(features), "embedding pictures")
        answer = network.run(batch)
        found.append(one_vector_each(answer, network.name, network.output or "", last=False))
        done += len(batch)
    progress(done, done, "embedding pictures")
    layer = f", layer {network.output}" if network.output else ""
    return np.concatenate(found), network.sentence + layer
