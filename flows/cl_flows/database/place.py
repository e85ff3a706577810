"""Where history is kept: a file of SQLite, or a PostgreSQL database by its URL. Opens nothing."""

import os
from pathlib import Path
from typing import TypeAlias

from cl_core.errors import ConfigError
from cl_flows.runs import HISTORY_FILE

# A path is a file of SQLite; a text is the URL of a PostgreSQL database and may hold a password.
Database: TypeAlias = Path | str


def is_there(database: Database) -> bool:
    """Whether there is anything to read: asking makes no file, and a server is always asked."""
    return isinstance(database, str) or database.exists()


def history_in(folder: Path) -> Database:
    """Return the history of a results folder, for who has no gate.yaml: $LABELGATE_DB, or the file in it."""
    return os.environ.get("LABELGATE_DB") or folder / HISTORY_FILE


def refuse_literal_password(url: str | None) -> None:
    """Refuse a password in plain sight: the configuration goes on record in reports and in Prefect."""
    from cl_plugins.loaders.database_url import parse_url

    if url is None or "${" in url:
        return
    try:
        parsed = parse_url(url).parsed
    except ConfigError as error:
        raise ConfigError("output.database is no database URL", hint=error.hint) from None
    if parsed.password or {"password", "sslpassword"} & set(parsed.query):
        raise ConfigError(
            "output.database holds a password in plain sight",
            hint="write ${NAME} in its place and set that variable: database: ${LABELGATE_DB}",
        )
