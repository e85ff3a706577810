"""Secrets from Prefect's blocks, and keeping every secret out of what people read. Stores none.

In gate.yaml a value ``prefect:secret/NAME`` stands for the value of the Secret block NAME, as ``${NAME}``
stands for that of an environment variable. Both stay as written in every record.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, SecretStr

from cl_core.errors import ConfigError
from cl_flows.config import conceal_variables

_REFERENCE = re.compile(r"prefect:secret/(?P<name>[a-z0-9][a-z0-9-]*)")
# A shorter value is no secret, and would be found in the middle of words.
_SHORTEST = 4


def resolved(value: Any, where: str) -> Any:
    """Replace every string ``prefect:secret/NAME`` of `value`, at any depth, by what the block holds.

    Raises
    ------
    ConfigError
        Where no Prefect API is configured, it does not answer, or it has no such block.
    """
    if isinstance(value, Mapping):
        return {key: resolved(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolved(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if not isinstance(value, str) or not value.startswith("prefect:secret/"):
        return value
    match = _REFERENCE.fullmatch(value)
    if match is None:
        raise ConfigError(
            f"{where} is {value!r}, which names no Secret block",
            hint="write prefect:secret/NAME; names of blocks hold small letters, digits and dashes",
        )
    return _from_prefect(match["name"], where)


def _from_prefect(name: str, where: str) -> str:
    from prefect.settings import PREFECT_API_URL

    if not PREFECT_API_URL.value():  # else Prefect would start a server of its own, without any block
        raise ConfigError(
            f"{where} asks Prefect for the secret {name!r}, and no Prefect API is configured",
            hint="set PREFECT_API_URL, or take the secret from an environment variable: ${NAME}",
        )
    from prefect.blocks.system import Secret

    try:
        # Prefect's own switch for callers that run within an event loop; its types do not know it.
        block: Any = Secret.load(name, _sync=True)  # type: ignore[call-arg]
        held = block.get()
    except Exception as error:  # noqa: BLE001 - the client's errors are many; none may quote a secret
        absent = isinstance(error, ValueError)
        what = "has no Secret block of that name" if absent else f"did not answer: {type(error).__name__}"
        raise ConfigError(
            f"{where} asks Prefect for the secret {name!r}, and Prefect {what}",
            hint=f"make it: prefect block create secret, or Secret(value=...).save({name!r})"
            if absent
            else "see that PREFECT_API_URL is right and its server runs",
        ) from None
    if not isinstance(held, str):
        raise ConfigError(
            f"{where}: the Secret block {name!r} holds a {type(held).__name__}, wanted text",
            hint="save it as text",
        )
    return held


def concealed(text: str, written: Any, options: BaseModel) -> str:
    """Put every ${NAME} of `written` back into `text`, and blot out what `options` hold as secret."""
    text = conceal_variables(text, written)
    for secret in sorted(_secrets_in(options), key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, "***")
    return text


def _secrets_in(value: Any) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for _, item in value:
            yield from _secrets_in(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _secrets_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _secrets_in(item)
