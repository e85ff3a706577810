"""Which schema a database has, and how it gets today's. Runs within a transaction of the caller."""

from pathlib import Path
from threading import Lock
from typing import Literal, TypeAlias

from sqlalchemy import Column, Connection, String, Table, inspect, select

from cl_core.errors import ConfigError
from cl_flows.database.tables import METADATA, RUNS
from cl_flows.database.views import create_views, drop_views

# Every version there was, oldest first. Alembic itself is only imported to get from one to the next.
VERSIONS = ("0001", "0002", "0003", "0004", "0005")
# A name of our own: other programs keep an `alembic_version` in databases that people share.
VERSION_TABLE = "labelgate_version"
MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION = Table(VERSION_TABLE, METADATA, Column("version_num", String(32), primary_key=True))

State: TypeAlias = Literal["empty", "older", "current"]

# Alembic keeps what it works on in globals: two threads of one process must not upgrade at the same time.
_ONE_UPGRADE = Lock()


def state_of(connection: Connection) -> State:
    """Say how far the schema is.

    Raises
    ------
    ConfigError
        For a database of a newer labelgate, or with somebody else's tables in it.
    """
    inspector = inspect(connection)
    if not inspector.has_table(VERSION_TABLE):
        if not inspector.has_table("runs"):
            return "older" if inspector.has_table("audits") else "empty"
        _refuse_strangers({column["name"] for column in inspector.get_columns("runs")})
        return "older"
    found = list(connection.execute(select(_VERSION.c.version_num)).scalars())
    if found == [VERSIONS[-1]]:
        return "current"
    if len(found) == 1 and found[0] in VERSIONS:
        return "older"
    raise ConfigError(
        f"the history database has schema {', '.join(found) or 'of no version'}; "
        f"this labelgate knows {VERSIONS[0]} to {VERSIONS[-1]}",
        hint="a newer labelgate wrote it: upgrade this one, or name another results folder or database",
    )


def bring_up_to_date(connection: Connection) -> None:
    """Make today's schema of whatever is there; does nothing, at the price of a look, where it is there."""
    match state_of(connection):
        case "current":
            return
        case "empty":
            METADATA.create_all(connection, checkfirst=False)
            connection.execute(_VERSION.insert().values(version_num=VERSIONS[-1]))
        case "older":
            drop_views(connection)
            with _ONE_UPGRADE:
                _migrate(connection)
    create_views(connection)


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _refuse_strangers(columns: set[str]) -> None:
    """Refuse a table `runs` that is another program's: MLflow has one, too."""
    wanted = {column.name for column in RUNS.columns}
    if not wanted <= columns:
        raise ConfigError(
            f"the database has a table `runs` that is not labelgate's: it lacks {min(wanted - columns)!r}",
            hint="give labelgate a database of its own",
        )
