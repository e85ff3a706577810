"""What may be a secret in the addresses that people write down, hidden before it is shown. Sends nothing."""

import re
from typing import Any

HIDDEN = "**********"
_LOGIN = re.compile(r"(?<=://)[^/?#\s]*@")
_ANSWER = re.compile(r"(?<=[?&])([^=&#\s]+)=([^&#\s]+)")
# A secret that stays where it is: ${TOKEN}, or kim:${PASSWORD}@.
_NAMED = re.compile(r"([^:@]*:)?\$\{\w+\}@?")


def without_secrets(value: Any) -> Any:
    """Return `value` with name, password and query of every address in it hidden; ${NAME} stays.

    Texts, and texts in lists and mappings, are looked at; anything else comes back as it is.

    Examples
    --------
    >>> without_secrets("https://kim:pass@example.org/x.csv?sig=abc")
    'https://**********@example.org/x.csv?sig=**********'
    >>> without_secrets(["https://kim:${PASSWORD}@example.org/x.csv", 3])
    ['https://kim:${PASSWORD}@example.org/x.csv', 3]
    >>> without_secrets("${HOST}/x.csv?sig=abc")
    '${HOST}/x.csv?sig=**********'
    """
    if isinstance(value, dict):
        return {key: without_secrets(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(without_secrets(inner) for inner in value)
    if not isinstance(value, str) or not ("://" in value or value.startswith("${")):
        return value
    value = _LOGIN.sub(lambda found: found[0] if _NAMED.fullmatch(found[0]) else f"{HIDDEN}@", value)
    return _ANSWER.sub(
        lambda found: found[0] if _NAMED.fullmatch(found[2]) else f"{found[1]}={HIDDEN}", value
    )
