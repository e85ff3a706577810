"""The weights of a torch module: read without running code, put in, and digested. Runs no module."""

import hashlib
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from cl_core.errors import ConfigError
from cl_plugins.files import refuse_unreadable
from cl_plugins.needs import needed

_SHOWN = 12
_LISTED = 3
_FORCE = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"


def digest_of_state(module: Any) -> str:
    """Twelve hexadecimal digits of a module's weights and buffers, by name."""
    found = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        found.update(name.encode())
        found.update(np.ascontiguousarray(tensor.detach().cpu().float().numpy()).tobytes())
    return found.hexdigest()[:_SHOWN]


def load_state(module: Any, path: Path) -> None:
    """Put the state dict of a file into `module`; every tensor of one must be in the other."""
    state = _read_state(path)
    inner = state.get("state_dict")  # as training frameworks keep it, beside the optimizer's
    state = inner if isinstance(inner, Mapping) else state
    try:
        missing, unexpected = module.load_state_dict(dict(state), strict=False)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"the tensors of {path.name!r} do not fit {type(module).__name__}: {error}",
            hint="give the weights of this very architecture",
        ) from error
    if missing or unexpected:
        raise ConfigError(
            f"{path.name!r} lacks {len(missing)} tensors of {type(module).__name__} {missing[:_LISTED]} "
            f"and has {len(unexpected)} others {unexpected[:_LISTED]}",
            hint="give the weights of this very architecture, under the names of its layers",
        )


@contextmanager
def weights_only() -> Iterator[None]:
    """Keep torch from running what a file brings along, wherever it loads within the block."""
    before = os.environ.get(_FORCE)
    os.environ[_FORCE] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_FORCE]
        else:
            os.environ[_FORCE] = before


def refuse_objects(path: Path) -> None:
    """Refuse a torch.export file that brings pickled objects, which run code when they are read."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise ConfigError(
            f"{path.name!r} is no file of torch.export: {error}", hint="write it with torch.export.save"
        ) from error
    objects = [name for name in names if Path(name).name.startswith(("custom_obj", "opaque_obj"))]
    if objects:
        raise ConfigError(
            f"{path.name!r} holds pickled objects, which may run code: {', '.join(objects[:_LISTED])}",
            hint="export a module of plain tensors, or name it with `module` and `weights_path`",
        )


def _read_state(path: Path) -> Mapping[str, Any]:
    refuse_unreadable(path)
    try:
        if path.suffix == ".safetensors":
            read: Any = needed("safetensors.torch", "torch", "a file of weights").load_file(path)
        else:
            torch = needed("torch", "torch", "a file of weights")
            read = torch.load(path, map_location="cpu", weights_only=True)
    except ConfigError:
        raise
    except Exception as error:
        raise ConfigError(
            f"{path.name!r} could not be read as weights: {str(error).splitlines()[0]}",
            hint="save it with torch.save(module.state_dict(), path): pickled modules are never loaded",
        ) from error
    if not isinstance(read, Mapping):
        raise ConfigError(
            f"{path.name!r} holds a {type(read).__name__}, wanted a state dict",
            hint="save it with torch.save(module.state_dict(), path)",
        )
    return read
