"""Plain JSON: rows put into a template, probabilities picked out of the answer. No requests."""

import re
from typing import Any

from cl_core.errors import ConfigError, PluginError
from cl_plugins.backends.served.options import ROWS

_STEP = re.compile(r"\.?(?P<name>[^.\[\]]+)|\[(?P<index>\d+|\*)\]")
_MOST_KEYS = 10


def filled(template: Any, rows: Any) -> Any:
    """Return `template` with `rows` in the place of ``{rows}``.

    Examples
    --------
    >>> filled({"instances": "{rows}", "parameters": {"top": 3}}, [[1, 2]])
    {'instances': [[1, 2]], 'parameters': {'top': 3}}
    """
    if isinstance(template, dict):
        return {key: filled(part, rows) for key, part in template.items()}
    if isinstance(template, list | tuple):
        return [filled(part, rows) for part in template]
    return rows if template == ROWS else template


def steps(path: str) -> list[str | int]:
    """Split a path into names and indices; ``*`` stands for every entry of a list.

    Examples
    --------
    >>> steps("outputs[0].data"), steps("[*].scores"), steps("")
    (['outputs', 0, 'data'], ['*', 'scores'], [])
    """
    found: list[str | int] = []
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            raise ConfigError(
                f"`response` is {path!r}, which stops making sense at {path[at:]!r}",
                hint="write names with dots and numbers in brackets: outputs[0].data, results[*].scores",
            )
        index = match["index"]
        found.append(match["name"] if index is None else "*" if index == "*" else int(index))
        at = match.end()
    return found


def picked(answer: Any, path: list[str | int]) -> Any:
    """Follow `path` into an answer.

    Raises
    ------
    PluginError
        Where the answer has no such place; the message names what it has.
    """
    for at, step in enumerate(path):
        if step == "*":
            if not isinstance(answer, list):
                raise _missing(answer, step)
            return [picked(entry, path[at + 1 :]) for entry in answer]
        wanted = list if isinstance(step, int) else dict
        if not isinstance(answer, wanted):
            raise _missing(answer, step)
        place: Any = answer
        try:
            answer = place[step]
        except LookupError:
            raise _missing(answer, step) from None
    return answer


def _missing(answer: Any, step: str | int) -> PluginError:
    if isinstance(answer, dict):
        has = f"an object with {', '.join(map(repr, list(answer)[:_MOST_KEYS]))}"
    elif isinstance(answer, list):
        has = f"a list of {len(answer)}"
    else:
        has = f"a {type(answer).__name__}"
    return PluginError(
        f"the answer has no {step!r}: there is {has}",
        hint="set `response` to where the rows are in the answer",
    )
