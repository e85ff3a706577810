"""Turns pydantic's validation errors into one sentence each, with the nearest known key."""

from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from cl_core.errors import ConfigError

_MOST_SHOWN = 5


def explained(error: ValidationError, model: type[BaseModel], source: str) -> ConfigError:
    """Build the error people see for a configuration that `model` refused."""
    problems = error.errors(include_url=False)
    lines = [_sentence(problem, model) for problem in problems[:_MOST_SHOWN]]
    more = f"; and {len(problems) - _MOST_SHOWN} more" if len(problems) > _MOST_SHOWN else ""
    hints = [hint for problem in problems if (hint := _hint(problem, model))]
    return ConfigError(f"{source}: {'; '.join(lines)}{more}", hint="; ".join(dict.fromkeys(hints)))


def _sentence(problem: Any, model: type[BaseModel]) -> str:
    where = ".".join(map(str, problem["loc"])) or model.__name__
    match problem["type"]:
        case "missing":
            return f"{where} is missing"
        case "extra_forbidden":
            return f"unknown key {where}"
        case _:
            return f"{where} is {problem['input']!r}: {problem['msg']}"


def _hint(problem: Any, model: type[BaseModel]) -> str:
    if problem["type"] != "extra_forbidden":
        return ""
    owner = _model_at(model, problem["loc"][:-1])
    known = list(owner.model_fields) if owner else []
    near = get_close_matches(str(problem["loc"][-1]), known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"


def _model_at(model: type[BaseModel], path: tuple[Any, ...]) -> type[BaseModel] | None:
    """Return the model of the section that `path` leads to."""
    here: Any = model
    for step in path:
        field = here.model_fields.get(step)
        here = field.annotation if field else None
        if not (isinstance(here, type) and issubclass(here, BaseModel)):
            return None
    return here if isinstance(here, type) and issubclass(here, BaseModel) else None
