"""Options of everything that is sent over a network: how long it may take, and what is a secret of it."""

import re
from typing import Annotated, Any, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from cl_plugins.options import Options


class DeliveryOptions(Options):
    """How long a destination may take."""

    retries: int = Field(
        4, ge=0, le=10, description="further tries after 429, 5xx, a broken connection or a time-out"
    )
    timeout_s: float = Field(10.0, gt=0, le=600, description="seconds a single try may take")
    time_limit_s: float = Field(120.0, gt=0, le=3600, description="seconds all tries together may take")


def _http_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"[\s\x00-\x1f\x7f]", url):
        raise ValueError("wanted an address that starts with https:// or http://")
    return url


def _secret_address(url: SecretStr) -> SecretStr:
    _http_address(url.get_secret_value())
    return url


def _header_value(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not (text and text.isascii() and text.isprintable()):
        raise ValueError("wanted printable ASCII on one line, as HTTP headers hold")
    return value


def _sound_names(headers: Any) -> Any:
    for name in headers if isinstance(headers, dict) else ():
        if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", str(name)):
            raise ValueError("`headers` holds a name that no HTTP header may have")
    return headers


Address: TypeAlias = Annotated[str, AfterValidator(_http_address)]
SecretAddress: TypeAlias = Annotated[SecretStr, AfterValidator(_secret_address)]
HeaderSecret: TypeAlias = Annotated[SecretStr, AfterValidator(_header_value)]
Headers: TypeAlias = Annotated[dict[str, HeaderSecret], BeforeValidator(_sound_names)]


def plain_headers(headers: dict[str, SecretStr]) -> dict[str, str]:
    """Return the headers as they are sent."""
    return {name: value.get_secret_value() for name, value in headers.items()}
