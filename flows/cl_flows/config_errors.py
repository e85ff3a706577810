"""Turns pydantic's validation errors into one sentence each, with the nearest known key."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from cl_core.errors import ConfigError
from cl_flows.hidden import without_secrets

_MOST_SHOWN = 5


def explained(
    error: ValidationError, model: type[BaseModel], source: str, written: Mapping[str, Any] | None = None
) -> ConfigError:
    """Build the error people see for a configuration that `model` refused.

    `written` is what people wrote where `error` is about something made of it: a value is shown with its
    ${NAME}, never with the secret that stood in for it.
    """
    problems = error.errors(include_url=False)
    lines = [_sentence(problem, model, written) for problem in problems[:_MOST_SHOWN]]
    more = f"; and {len(problems) - _MOST_SHOWN} more" if len(problems) > _MOST_SHOWN else ""
    hints = [hint for problem in problems[:_MOST_SHOWN] if (hint := _hint(problem, model))]
    return ConfigError(f"{source}: {'; '.join(lines)}{more}", hint="; ".join(dict.fromkeys(hints)))


def _sentence(problem: Any, model: type[BaseModel], written: Mapping[str, Any] | None) -> str:
    where = ".".join(map(str, problem["loc"])) or model.__name__
    shown = without_secrets(problem["input"] if written is None else _at(written, problem["loc"]))
    match problem["type"]:
        case "missing":
            return f"{where} is missing"
        case "extra_forbidden":
            return f"unknown key {where}"
        case "model_type" | "dict_type":
            return f"{where} is {shown!r}, wanted keys with a value each"
        case "tuple_type":
            return f"{where} is {shown!r}, wanted a list"
        case "value_error":  # our own sentence; pydantic's message puts "Value error, " before it
            says = str(problem["ctx"]["error"])
            # Options that exclude each other: no single value is wrong.
            return f"{where} is {shown!r}: {says}" if problem["loc"] else says
        case _:
            return f"{where} is {shown!r}: {problem['msg']}"


def _at(written: Any, path: tuple[Any, ...]) -> Any:
    """Return what stands at `path`, or the last thing on the way there."""
    for step in path:
        try:
            written = written[step]
        except (LookupError, TypeError):
            break
    return written


def _hint(problem: Any, model: type[BaseModel]) -> str:
    if problem["type"] == "value_error" and not problem["loc"]:
        return "change one of the options named; `labelgate plugins` lists what each is for"
    *before, last = problem["loc"] or ("",)
    owner = _model_at(model, tuple(before))
    fields = owner.model_fields if owner else {}
    if problem["type"] != "extra_forbidden":
        meaning = fields[last].description if last in fields else None
        return f"{last}: {meaning}" if meaning else ""
    near = get_close_matches(str(last), fields, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(fields)}"


def _model_at(model: type[BaseModel], path: tuple[Any, ...]) -> type[BaseModel] | None:
    """Return the model of the section that `path` leads to."""
    here: Any = model
    for step in path:
        field = here.model_fields.get(step)
        here = _section_of(field.annotation) if field else None
        if not (isinstance(here, type) and issubclass(here, BaseModel)):
            return None
    return here if isinstance(here, type) and issubclass(here, BaseModel) else None


def _section_of(annotation: Any) -> Any:
    """Return the model of ``Model | None``, anything else as it is."""
    rest = [kind for kind in get_args(annotation) if kind is not type(None)]
    return rest[0] if len(rest) == 1 else annotation
