"""A torch network: from a file or built by a function of the user's, and run a batch at a time.

Knows nothing of pictures or sounds.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cl_core.errors import ConfigError, InputError
from cl_plugins.backends.import_path import import_named
from cl_plugins.backends.user_code import blaming
from cl_plugins.embeddings.digest import digest_of
from cl_plugins.embeddings.options import Embedding
from cl_plugins.embeddings.state import digest_of_state, load_state, refuse_objects, weights_only
from cl_plugins.files import refuse_unreadable
from cl_plugins.needs import needed


class TorchNetwork:
    """A torch module that is only asked, never trained."""

    def __init__(self, embedding: Embedding) -> None:
        self._torch = needed("torch", "torch", "a torch network")
        self._device = embedding.device
        self._caught: list[Any] = []
        if embedding.module is not None:
            self.name = embedding.module
            self._module = _build(self._torch, embedding.module)
            if embedding.weights_path is not None:
                load_state(self._module, embedding.weights_path)
            self._module.eval()
            digest = digest_of_state(self._module)
        else:
            path = embedding.path or Path()
            self.name = path.name
            self._module = _load(self._torch, path)
            digest = digest_of([path])
        self.output = embedding.output
        if embedding.output is not None:
            self._catch(embedding.output)
        self._module.to(self._device)
        self.sentence = f"{self.name} (sha256 {digest}, torch {self._torch.__version__})"

    def run(self, rows: NDArray[np.float32]) -> NDArray[Any]:
        """Run one batch; return the output of the chosen layer, or of the whole network."""
        torch = self._torch
        try:
            with torch.inference_mode(), _quiet():
                answer = self._module(torch.from_numpy(np.ascontiguousarray(rows)).to(self._device))
        except Exception as error:
            raise InputError(
                f"{self.name} refused an input of shape {rows.shape}: {error}",
                hint="check size, mean and rate of the embedding, or give a network for such rows",
            ) from error
        caught = self._caught.pop() if self._caught else answer
        self._caught.clear()
        if not torch.is_tensor(caught):
            raise ConfigError(
                f"{self.name} gave a {type(caught).__name__}, wanted a tensor",
                hint="name a layer that gives one with `output`, or return one from `module`",
            )
        return np.asarray(caught.detach().cpu().float().numpy())

    def _catch(self, layer: str) -> None:
        named = dict(self._module.named_modules())
        if layer not in named or not layer:
            near = get_close_matches(layer, named, n=3) or [name for name in named if name][-5:]
            raise ConfigError(f"{self.name} has no layer {layer!r}", hint=f"it has {', '.join(near)}")
        try:
            named[layer].register_forward_hook(lambda _module, _given, answer: self._caught.append(answer))
        except (RuntimeError, AttributeError) as error:
            raise ConfigError(
                f"layer {layer!r} of {self.name} cannot be read out: {error}",
                hint="leave `output` out, or name the network with `module` and `weights_path`",
            ) from error


def _build(torch: Any, path: str) -> Any:
    named = import_named(path, "embedding.module")
    # A layer that no weights file fills must still be the same one next time.
    with (
        blaming(path, "build the network", "name a function without arguments that returns it"),
        torch.random.fork_rng(devices=[]),
    ):
        torch.manual_seed(0)
        made = named() if callable(named) and not isinstance(named, torch.nn.Module) else named
    if not isinstance(made, torch.nn.Module):
        raise ConfigError(
            f"{path} gave a {type(made).__name__}, wanted a torch.nn.Module",
            hint="name a function without arguments that returns the network",
        )
    return made


def _load(torch: Any, path: Path) -> Any:
    refuse_unreadable(path)
    if path.suffix == ".pt2":
        refuse_objects(path)
    try:
        with weights_only(), _quiet():
            if path.suffix == ".pt2":
                return torch.export.load(path).module()
            return torch.jit.load(path, map_location="cpu").eval()
    except Exception as error:
        raise ConfigError(
            f"{path.name!r} is neither TorchScript nor a file of torch.export: {str(error).splitlines()[0]}",
            hint="a state dict needs `module` and `weights_path`; a pickled module is never loaded",
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence torch on TorchScript's age: people have such files."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"torch\.")
        yield
