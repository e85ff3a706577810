"""Who may come in: names that the server answers to, the token, the proxy's user header. No HTTP."""

import hashlib
import hmac
import ipaddress
import os
import re
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

from cl_core.errors import ConfigError

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

LOOPBACK: tuple[Network, ...] = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
# 128 bits written in hexadecimal digits: what nobody guesses over a network.
_SHORTEST_TOKEN = 16
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>\d{1,5}))?")
_MOST_NAME = 100


@dataclass(frozen=True, slots=True)
class Access:
    """Who may come in, and by what name they are known.

    Attributes
    ----------
    who
        Whose decisions these are, where one person works alone; empty where people say who they are.
    token
        What people need to come in; None on a server that only its own machine reaches.
    user_header
        Header in which a proxy names the person; None without a proxy.
    trusted
        Addresses of proxies: that header, and whether the browser came by https, is believed from these.
    hosts
        Names that the server answers to, besides localhost, this machine's name and plain addresses.
    """

    who: str = ""
    token: str | None = None
    user_header: str | None = None
    trusted: tuple[Network, ...] = LOOPBACK
    hosts: frozenset[str] = frozenset()

    def answers_to(self, host: str) -> bool:
        """Whether a Host header names this server: a page of another name may not talk to it.

        A plain address is right whatever it is: a name that somebody made point here is what attacks use.
        """
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = found["name"].lower().rstrip(".")
        return _is_address(name) or name in {"localhost", socket.gethostname().lower(), *self.hosts}

    def comes_from_here(self, origin: str, host: str) -> bool:
        """Whether an Origin header says that one of our own pages sent the request."""
        try:
            parts = urlsplit(origin)
            name = (parts.hostname or "").lower()
        except ValueError:
            return False
        if parts.scheme not in {"http", "https"}:
            return False
        # Behind a proxy that ends TLS, and may name another host to us, its public name counts.
        return parts.netloc.lower() == host.lower() or name in self.hosts

    def believes(self, address: str) -> bool:
        """Whether the user header is believed from this address."""
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        plain = getattr(found, "ipv4_mapped", None) or found
        return any(plain in network for network in self.trusted)

    @property
    def session_cookie(self) -> str:
        """Name of the cookie that lets people in; each token has its own."""
        return f"labelgate_in_{self._derived('name')[:12]}"

    @property
    def session(self) -> str:
        """What that cookie holds; the token itself stays out of browsers."""
        return self._derived("session")

    def is_token(self, said: str) -> bool:
        """Whether people said the token."""
        return self.token is not None and hmac.compare_digest(said.encode(), self.token.encode())

    def is_session(self, said: str) -> bool:
        """Whether a cookie lets in."""
        return self.token is not None and hmac.compare_digest(said.encode(), self.session.encode())

    def _derived(self, what: str) -> str:
        key = (self.token or "").encode()
        return hmac.new(key, f"labelgate {what}".encode(), hashlib.sha256).hexdigest()


def person(text: str) -> str:
    """Return a person's name as it goes on record, or an empty text where it is none."""
    name = " ".join(text.split())
    return name if 0 < len(name) <= _MOST_NAME and name.isprintable() else ""


def token_in(path: Path) -> str:
    """Read the token of a file; make the file, readable by its owner only, where there is none."""
    try:
        if not path.exists():
            made = secrets.token_urlsafe(32)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(made + "\n")
            return made
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"token file {path} cannot be used: {error}", hint="name another file") from error
    if len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError(
            f"token file {path} holds no token: {_SHORTEST_TOKEN} or more letters and digits are wanted",
            hint="name a file that does not exist: it is made, with a new token",
        )
    return token


def networks(addresses: tuple[str, ...]) -> tuple[Network, ...]:
    """Read addresses or networks (10.0.0.0/8) of proxies; loopback is always among them."""
    try:
        return (*LOOPBACK, *(ipaddress.ip_network(address) for address in addresses))
    except ValueError as error:
        raise ConfigError(
            f"{error}", hint="wanted an address or a network: 10.1.2.3 or 10.1.0.0/16"
        ) from error


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server on `host`."""
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host.strip("[]")).is_loopback)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
