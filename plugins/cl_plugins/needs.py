"""Imports modules of an extra where they are needed; a missing one says what to install."""

from importlib import import_module
from types import ModuleType

from cl_core.errors import ConfigError


def needed(module: str, extra: str, what: str) -> ModuleType:
    """Import `module`, which `what` needs and the extra `extra` brings.

    Raises
    ------
    ConfigError
        Where it is not installed; the hint has the command.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"{what} needs {error.name or module}, which is not installed",
            hint=f'pip install "labelgate[{extra}]"',
        ) from error
