"""Writes the distribution of a new plugin: a small one of its kind that works, with tests that pass."""

import keyword
import re
import sys
import tempfile
from importlib.metadata import version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, TypeAlias

from cl_core.errors import ConfigError
from cl_core.plugins import survey_plugins

Kind: TypeAlias = Literal["loader", "backend", "estimator", "check", "publisher"]

_SUMMARIES: dict[str, str] = {
    "loader": "text files with a label, a tab and a text a line",
    "backend": "Gaussian naive Bayes for numeric columns",
    "estimator": "share of rows that the model is sure belong to another class",
    "check": "no class may label too few rows",
    "publisher": "one line of JSON a run",
}
_USAGE: dict[str, str] = {
    "loader": "data: {path: rows.NAME}     # found by its ending, or by name with loader: NAME",
    "backend": "model: {backend: NAME, folds: 5}",
    "estimator": "estimate: {method: NAME, sure: 0.9}",
    "check": "checks:\n  NAME: {min_share: 0.02}",
    "publisher": "publish:\n  - {publisher: NAME, path: runs.jsonl}",
}
_LONGEST = 60


def draft_plugin(name: str, kind: Kind, into: Path) -> Path:
    """Write the distribution `name` with a plugin of that kind into a new folder below `into`.

    Returns
    -------
    Path
        The folder, complete or not there at all.

    Raises
    ------
    ConfigError
        For a name that is none or is taken, and for a folder that exists.
    """
    module = _module_of(name, kind)
    target = into / name
    if target.exists() or target.is_symlink():
        raise ConfigError(
            f"{target} exists already", hint="name another folder with --into; nothing was changed"
        )
    values = {
        "name": name,
        "module": module,
        "camel": "".join(part.capitalize() for part in module.split("_")),
        "code": _code_of(module),
        "kind": kind,
        "summary": _SUMMARIES[kind],
        "usage": _USAGE[kind].replace("NAME", name),
        "version": version("labelgate"),
    }
    texts = {
        "pyproject.toml": _rendered("pyproject.toml", values),
        "README.md": _rendered("README.md", values),
        ".gitignore": _rendered("gitignore", values),
        f"src/{module}/__init__.py": f'"""{_SUMMARIES[kind].capitalize()}, for labelgate."""\n',
        f"src/{module}/py.typed": "",
        f"src/{module}/plugin.py": _rendered(f"{kind}.py", values),
        f"tests/test_{module}.py": _rendered(f"{kind}_test.py", values),
    }
    try:
        _write(texts, target)
    except OSError as error:
        raise ConfigError(
            f"cannot write {target}: {error.strerror}", hint="name another folder with --into"
        ) from error
    return target


def _module_of(name: str, kind: Kind) -> str:
    """Return the module's name; refuse names that would not install, import or be told apart."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or len(name) > _LONGEST:
        raise ConfigError(
            f"{name!r} cannot name a plugin",
            hint="lower-case words of letters and digits, joined by dashes, such as acme-bayes",
        )
    module = name.replace("-", "_")
    if keyword.iskeyword(module) or module in sys.stdlib_module_names or find_spec(module) is not None:
        raise ConfigError(
            f"{module!r} is a module of Python or of this installation", hint="take another name"
        )
    offers, _ = survey_plugins()
    for offer in offers:
        if (offer.kind, offer.plugin.name) == (kind, name):
            raise ConfigError(
                f"{offer.distribution} offers a {kind} {name!r} already", hint="take another name"
            )
    return module


def _code_of(module: str) -> str:
    """Make a check's code of the first letters; LN is labelgate's own."""
    letters = re.sub(r"[^A-Z]", "", module.upper())[:2].ljust(2, "X")
    return f"{'XL' if letters == 'LN' else letters}001"


def _rendered(template: str, values: dict[str, str]) -> str:
    from jinja2 import Environment, StrictUndefined

    text = files("cl_flows").joinpath(f"templates/plugin/{template}.j2").read_text(encoding="utf-8")
    environment = Environment(keep_trailing_newline=True, undefined=StrictUndefined)  # noqa: S701 - not HTML
    return environment.from_string(text).render(values)


def _write(texts: dict[str, str], target: Path) -> None:
    """Write all files into a hidden folder and show it by one rename: whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as aside:
        folder = Path(aside) / target.name
        for name, text in texts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        folder.rename(target)
