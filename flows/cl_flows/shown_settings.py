"""The settings of a run as its report shows them: what a plugin calls a secret is hidden. Reads no file."""

from typing import Any, get_args

from pydantic import BaseModel, SecretStr

from cl_core.hooks import ModelBackend
from cl_flows.hidden import HIDDEN, without_secrets
from cl_flows.plan import Plan


def shown_settings(plan: Plan) -> dict[str, Any]:
    """Return the configuration without secrets that people wrote down in plain sight; ${NAME} stays."""
    settings = plan.config.model_dump(mode="json")
    named = plan.config.model.backend
    settings["data"] = _hidden(settings["data"], plan.loader[0].options)
    if named is not None:
        settings["model"] = _hidden(settings["model"], plan.registry.find(ModelBackend, named).options)
        settings["model"] = {key: _members(value, plan) for key, value in settings["model"].items()}
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
    secret = {name for name, field in options.model_fields.items() if _holds_secret(field.annotation)}
    return {key: _blotted(value) if key in secret else value for key, value in section.items()}


def _holds_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(map(_holds_secret, get_args(annotation)))


def _blotted(value: Any) -> Any:
    """Hide every text in `value` but those that only name a secret."""
    if isinstance(value, dict):
        return {key: _blotted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_blotted(item) for item in value]
    is_named = isinstance(value, str) and ("${" in value or value.startswith("prefect:secret/"))
    return value if is_named or not isinstance(value, str) else HIDDEN
