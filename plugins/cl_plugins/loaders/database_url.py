"""A database's URL: read, shown without its secrets, and kept out of messages. Opens nothing."""

from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import quote, quote_plus

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from cl_core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """A URL, how it is shown, and which words must not be.

    Attributes
    ----------
    parsed
        As SQLAlchemy wants it.
    shown
        Kind, host and name of the database: no user, no password, no settings.
    """

    parsed: URL
    shown: str

    def __repr__(self) -> str:
        return f"DatabaseUrl({self.shown!r})"

    def scrubbed(self, error: BaseException) -> str:
        """Return the first line of an error without the password or any other secret of the URL."""
        text = (str(error).strip().splitlines() or [type(error).__name__])[0]
        secrets = [str(self.parsed.password or ""), *map(str, self.parsed.query.values())]
        secrets += [written for secret in secrets for written in (quote(secret, safe=""), quote_plus(secret))]
        for secret in sorted(filter(None, secrets), key=len, reverse=True):
            text = text.replace(secret, "***")
        return text


def parse_url(written: str) -> DatabaseUrl:
    """Read a database URL.

    Raises
    ------
    ConfigError
        For something else; it is not shown, as it may hold a password.
    """
    try:
        url = make_url(written)
    except (ArgumentError, ValueError):
        raise ConfigError(
            "`url` is no database URL",
            hint="such as postgresql+psycopg://user:${PASSWORD}@host/database or sqlite:///data.db",
        ) from None
    if (
        url.drivername in ("postgres", "postgresql")
        and find_spec("psycopg2") is None
        and find_spec("psycopg")
    ):
        url = url.set(drivername="postgresql+psycopg")
    elif url.drivername == "postgres":
        url = url.set(drivername="postgresql")
    host = url.host or ""
    port = f":{url.port}" if url.port else ""
    return DatabaseUrl(url, f"{url.get_backend_name()}://{host}{port}/{url.database or ''}")
