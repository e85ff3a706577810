"""The settings of a run as its report shows them: what a plugin calls a secret is hidden. Reads no file."""

from typing import Any, get_args

from pydantic import BaseModel, SecretStr

from cl_core.hooks import ModelBackend
from cl_flows.plan import Plan

_HIDDEN = "**********"


def shown_settings(plan: Plan) -> dict[str, Any]:
    """Return the configuration without secrets that people wrote down in plain sight; ${NAME} stays."""
    settings = plan.config.model_dump(mode="json")
    named = plan.config.model.backend
    settings["data"] = _hidden(settings["data"], plan.loader[0].options)
    if named is not None:
        settings["model"] = _hidden(settings["model"], plan.registry.find(ModelBackend, named).options)
    settings["publish"] = [
        _hidden(section, publisher.options)
        for section, (publisher, _) in zip(settings["publish"], plan.publishers, strict=True)
    ]
    return settings


def _hidden(section: dict[str, Any], options: type[BaseModel]) -> dict[str, Any]:
    secret = {
        name
        for name, field in options.model_fields.items()
        if SecretStr in (field.annotation, *get_args(field.annotation))
    }
    return {
        key: _HIDDEN if key in secret and isinstance(value, str) and "${" not in value else value
        for key, value in section.items()
    }
