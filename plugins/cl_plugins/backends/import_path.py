"""Finds what people name by its import path, and says what they may have meant. Calls nothing."""

import pkgutil
from collections.abc import Iterable
from difflib import get_close_matches
from importlib import import_module
from types import ModuleType
from typing import Any

from cl_core.errors import ConfigError

_LISTED = 5


def import_named(path: str, option: str) -> Any:
    """Return the object at ``package.module.Name`` or ``package.module:Name``.

    Importing runs the module: `path` must come from the people whose machine this is, as gate.yaml does.

    Raises
    ------
    ConfigError
        For a path without a module, a module that is not there or cannot be imported, and a name that
        the module lacks; near names are listed.
    """
    dotted, colon, name = path.partition(":")
    if not colon:
        dotted, _, name = path.rpartition(".")
    if not all(part.isidentifier() for part in [*dotted.split("."), *name.split(".")]):
        raise ConfigError(
            f"{option} is {path!r}, which is no import path",
            hint=_elsewhere(path).strip() or "write it as package.module.Name",
        )
    found: Any = _import(dotted, path, option)
    for part in name.split("."):
        found = _attribute(found, part, path, option)
    return found


def near(name: str, known: Iterable[str]) -> str:
    """Say which known names are near, best first: a sentence, or nothing."""
    public = sorted({other for other in known if not other.startswith("_")})
    lower = {other.lower(): other for other in public}
    close = [lower[match] for match in get_close_matches(name.lower(), lower, n=_LISTED, cutoff=0.6)]
    return f"did you mean {' or '.join(map(repr, close))}? " if close else ""


def _import(dotted: str, path: str, option: str) -> ModuleType:
    parts = dotted.split(".")
    try:
        return import_module(dotted)
    except ModuleNotFoundError as error:
        missing = error.name or dotted
        if missing == parts[0]:
            raise ConfigError(
                f"{option} is {path!r}, but no package {missing!r} is installed",
                hint=_elsewhere(path).strip() or f"pip install {missing}, or put its folder on PYTHONPATH",
            ) from error
        if not dotted.startswith(missing):
            raise ConfigError(
                f"{option} is {path!r}; its module needs {missing!r}, which is not installed",
                hint=f"pip install {missing}",
            ) from error
        above, _, last = missing.rpartition(".")
        known = [m.name for m in pkgutil.iter_modules(getattr(import_module(above), "__path__", ()))]
        raise ConfigError(
            f"{option} is {path!r}, but {above!r} has no module {last!r}",
            hint=f"{near(last, known)}check the path in the documentation of {parts[0]}",
        ) from error
    except Exception as error:
        raise ConfigError(
            f"{option} is {path!r}, but {dotted!r} cannot be imported: {type(error).__name__}: {error}",
            hint="import it in Python to see the whole traceback",
        ) from error


def _attribute(owner: Any, name: str, path: str, option: str) -> Any:
    try:
        return getattr(owner, name)
    except (AttributeError, ImportError) as error:
        within = getattr(owner, "__name__", type(owner).__name__)
        reason = f": {str(error).splitlines()[0]}" if isinstance(error, ImportError) else ""
        raise ConfigError(
            f"{option} is {path!r}, but {within!r} has no {name!r}{reason}",
            hint=(
                near(name, dir(owner)) or _elsewhere(name) or f"check the documentation of {within}"
            ).strip(),
        ) from error


def _elsewhere(name: str) -> str:
    """Where scikit-learn keeps an estimator of that name."""
    from sklearn.utils import all_estimators

    wanted = name.rpartition(".")[2]
    paths = {found: cls for found, cls in all_estimators()}  # noqa: C416 - mypy knows tuples of two
    close = get_close_matches(wanted, paths, n=1, cutoff=0.85)
    if not close:
        return ""
    public = paths[close[0]].__module__.partition("._")[0]
    return f"did you mean '{public}.{close[0]}'? "
