"""From what people wrote to a plugin's validated options: variables, paths, backends inside backends."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from cl_core.errors import ConfigError
from cl_core.hooks import Member, ModelBackend
from cl_core.plugins import Registry
from cl_flows.config import expand_variables
from cl_flows.config_errors import explained
from cl_flows.secrets import resolved


def make_options(
    plugin: Any, raw: Mapping[str, Any], base: Path, where: str, registry: Registry
) -> BaseModel:
    """Validate `raw`, as it stands at `where` in the configuration, by the plugin's options model.

    ``${NAME}`` and ``prefect:secret/NAME`` are replaced at any depth, and a relative ``path`` starts from
    `base`. An option that takes a `Member` is written as a backend with its options and comes out validated.
    """
    model: type[BaseModel] = plugin.options
    ready = anchored(resolved(expand_variables(raw, where), where), base)
    for name in _member_fields(model):
        if isinstance(raw.get(name), list | tuple):
            ready[name] = [
                _member(item, base, f"{where}.{name}[{i}]", registry) for i, item in enumerate(raw[name])
            ]
    try:
        return model.model_validate(ready)
    except ValidationError as error:
        # Not `from error`: pydantic's own message quotes the value that stood in for a ${NAME}.
        raise explained(error, model, f"{where} ({plugin.name})", raw) from None


def refuse_missing(plugin: Any, registry: Registry, where: str) -> None:
    """Refuse a plugin that needs a module which is not installed, before anything is read."""
    offer = registry.offer(plugin)
    if offer.missing:
        raise ConfigError(
            f"{where}: {offer.kind} {plugin.name!r} needs {', '.join(offer.missing)}, not installed here",
            hint=offer.remedy,
        )


def _member(raw: Any, base: Path, where: str, registry: Registry) -> Member:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("backend"), str):
        raise ConfigError(
            f"{where} does not name its backend", hint="write {backend: NAME, and that backend's options}"
        )
    backend = registry.find(ModelBackend, raw["backend"])
    if _member_fields(backend.options):
        raise ConfigError(
            f"{where}: backend {backend.name!r} has members of its own",
            hint="list all members in one ensemble",
        )
    refuse_missing(backend, registry, where)
    own = {key: value for key, value in raw.items() if key != "backend"}
    options = make_options(backend, own, base, where, registry)
    return Member(backend, options, registry.origin(backend))


def _member_fields(model: type[BaseModel]) -> list[str]:
    return [name for name, field in model.model_fields.items() if _mentions_member(field.annotation)]


def _mentions_member(annotation: Any) -> bool:
    return annotation is Member or any(map(_mentions_member, get_args(annotation)))


def anchored(value: Any, base: Path, key: str = "") -> Any:
    """Let relative paths start from the folder of gate.yaml; URLs and absolute paths stay."""
    if isinstance(value, Mapping):
        return {name: anchored(item, base, str(name)) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [anchored(item, base, key) for item in value]
    is_path = key == "path" or key.endswith("_path")
    if not (is_path and isinstance(value, str | Path)) or "://" in str(value):
        return value
    return str(base / value)
