"""Makes torch modules: people's own by import path, a small network where they name none. No training."""

import inspect
from collections.abc import Mapping
from functools import partial
from typing import Any

from cl_core.errors import ConfigError
from cl_plugins.backends.import_path import import_named, near
from cl_plugins.backends.user_code import blaming

_HINT = "a module takes float32 rows and returns one number a class (logits), shape (rows, classes)"
_CHANNELS = (16, 32)
_HIDDEN = 64


def module_factory(
    path: str | None, params: Mapping[str, Any], shape: tuple[int, ...], n_classes: int
) -> Any:
    """Return a function that makes the module for rows of `shape` and `n_classes` classes.

    A class or function at `path` is given, where its signature has them and `params` do not: ``n_classes``
    or ``num_classes``; ``n_features`` or ``in_features``, the numbers in a row; ``n_channels`` or
    ``in_channels`` of a picture; ``input_shape``, the shape of a row.

    Raises
    ------
    ConfigError
        For a path that leads to nothing that can be called, parameters it does not take, and a module that
        does not return `n_classes` numbers for each row.
    """
    if path is None:
        if params:
            raise ConfigError(
                f"model.module_params has {', '.join(params)}, but no module is named",
                hint="name one with model.module: package.module:Class",
            )
        return partial(small_network, shape, n_classes)
    named = import_named(path, "model.module")
    if not callable(named):
        raise ConfigError(
            f"model.module is {path!r}, a {type(named).__name__}, wanted what makes a torch module",
            hint="write package.module:Class",
        )
    return partial(
        _own_module, named, path, {**_asked_for(named, shape, n_classes), **_taken(named, path, params)}
    )


def _own_module(named: Any, path: str, arguments: Mapping[str, Any]) -> Any:
    import torch

    with blaming(path, "be made", "check model.module_params"):
        made = named(**arguments)
    if not isinstance(made, torch.nn.Module):
        raise ConfigError(f"{path} made a {type(made).__name__}, wanted a torch.nn.Module", hint=_HINT)
    return made


def _asked_for(named: Any, shape: tuple[int, ...], n_classes: int) -> dict[str, Any]:
    picture = len(shape) == 3  # noqa: PLR2004 - channels, height, width
    width = 1
    for length in shape:
        width *= length
    known: dict[str, Any] = {
        "n_classes": n_classes,
        "num_classes": n_classes,
        "n_features": width,
        "in_features": width,
        "input_shape": shape,
    }
    if picture:
        known |= {"n_channels": shape[0], "in_channels": shape[0]}
    wanted = inspect.signature(named).parameters
    return {name: value for name, value in known.items() if name in wanted}


def _taken(named: Any, path: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
    wanted = inspect.signature(named).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in wanted.values()):
        return params
    for name in params:
        if name not in wanted:
            raise ConfigError(
                f"model.module_params: {path} takes no {name!r}",
                hint=f"{near(name, wanted)}known: {', '.join(wanted) or 'none'}",
            )
    return params


def check_output(module: Any, rows: Any, n_classes: int, name: str) -> None:
    """Send two rows through `module` and refuse what is not one number a class."""
    import torch

    module.eval()
    with torch.no_grad(), blaming(name, "take the rows", _HINT):
        out = module(torch.as_tensor(rows[:2]))
        if not isinstance(out, torch.Tensor):
            raise ConfigError(f"{name} returned a {type(out).__name__}, wanted a tensor", hint=_HINT)
    wanted = (len(rows[:2]), n_classes)
    if tuple(out.shape) != wanted:
        raise ConfigError(
            f"{name} returned shape {tuple(out.shape)} for 2 rows of shape {rows.shape[1:]}; "
            f"the data set has {n_classes} classes, wanted {wanted}",
            hint="let it take n_classes, or set it in model.module_params",
        )


def small_network(shape: tuple[int, ...], n_classes: int) -> Any:
    """Two convolutions for pictures (channels, height, width), two hidden layers for rows of numbers."""
    from torch import nn

    if len(shape) != 3:  # noqa: PLR2004
        width = 1
        for length in shape:
            width *= length
        layers: list[Any] = [nn.Flatten()]
        for inputs in (width, _HIDDEN):
            layers += [nn.Linear(inputs, _HIDDEN), nn.ReLU(), nn.Dropout(0.1)]
        return nn.Sequential(*layers, nn.Linear(_HIDDEN, n_classes))
    layers, inputs = [], shape[0]
    for channels in _CHANNELS:
        layers += [nn.Conv2d(inputs, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU()]
        layers += [nn.MaxPool2d(2, ceil_mode=True)]
        inputs = channels
    side = [-(-length // 4) for length in shape[1:]]
    layers += [nn.Flatten(), nn.Dropout(0.25), nn.Linear(inputs * side[0] * side[1], _HIDDEN), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(_HIDDEN, n_classes))
