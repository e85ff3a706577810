"""The settings of a run as its report shows them: what a plugin calls a secret is hidden. Reads no file."""

import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, SecretBytes, SecretStr

from cl_core.hooks import Check, ModelBackend
from cl_flows.hidden import HIDDEN, without_secrets
from cl_flows.plan import Plan

# What stands in for a variable that is not set: ${TOKEN:-this}.
_DEFAULT = re.compile(r"(\$\{\w+:-)[^}]+\}")


def shown_settings(plan: Plan) -> dict[str, Any]:
    """Return the configuration without secrets that people wrote down in plain sight; ${NAME} stays."""
    settings = plan.config.model_dump(mode="json")
    named = plan.config.model.backend
    settings["data"] = _hidden(settings["data"], plan.loader[0].options)
    if named is not None:
        settings["model"] = _hidden(settings["model"], plan.registry.find(ModelBackend, named).options)
        settings["model"] = {key: _members(value, plan) for key, value in settings["model"].items()}
    settings["estimate"] = _hidden(settings["estimate"], plan.estimator[0].options)
    settings["checks"] = {
        name: _hidden(written, plan.registry.find(Check, name).options)
        for name, written in settings["checks"].items()
    }
    settings["publish"] = [
        _hidden(section, publisher.options)
        for section, (publisher, _) in zip(settings["publish"], plan.publishers, strict=True)
    ]
    shown: dict[str, Any] = without_secrets(settings)
    return shown


def _members(value: Any, plan: Plan) -> Any:
    """Hide the secrets of each member of an ensemble, which is written as a backend with its options."""
    if not isinstance(value, list):
        return value
    return [
        _hidden(item, plan.registry.find(ModelBackend, item["backend"]).options)
        if isinstance(item, dict) and isinstance(item.get("backend"), str)
        else item
        for item in value
    ]


def _hidden(section: dict[str, Any], options: type[BaseModel]) -> dict[str, Any]:
    """Hide what `options` declare a secret, in sections within the section, too."""
    out = {}
    for key, value in section.items():
        field = options.model_fields.get(key)
        if field is not None and _holds_secret(field.annotation):
            out[key] = _blotted(value)
        else:
            out[key] = _within(value, list(_models(field.annotation)) if field is not None else [])
    return out


def _within(value: Any, models: list[type[BaseModel]]) -> Any:
    if isinstance(value, list):
        return [_within(item, models) for item in value]
    if isinstance(value, dict):
        for model in models:
            value = _hidden(value, model)
    return value


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _holds_secret(annotation: Any) -> bool:
    return annotation in (SecretStr, SecretBytes) or any(map(_holds_secret, get_args(annotation)))


def _blotted(value: Any) -> Any:
    """Hide every text in `value` but those that only name a secret."""
    if isinstance(value, dict):
        return {key: _blotted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_blotted(item) for item in value]
    if not isinstance(value, str) or value.startswith("prefect:secret/"):
        return value
    return _DEFAULT.sub(rf"\1{HIDDEN}}}", value) if "${" in value else HIDDEN
