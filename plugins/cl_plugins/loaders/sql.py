"""The loader ``sql``: rows of a table or a query, streamed, in a transaction that may only read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from cl_core.dataset import Dataset
from cl_core.errors import ConfigError, InputError
from cl_plugins.loaders.assemble import assemble
from cl_plugins.loaders.database_url import DatabaseUrl, parse_url
from cl_plugins.loaders.options import SqlOptions
from cl_plugins.loaders.sql_rows import read_rows
from cl_plugins.loaders.sql_statement import of_query, of_table

# How each database is told that this connection, or its next transaction, only reads.
_READ_ONLY = {
    "postgresql": "SET TRANSACTION READ ONLY",
    "sqlite": "PRAGMA query_only = ON",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
    "oracle": "SET TRANSACTION READ ONLY",
}
# What servers say when a second try would meet the same answer.
_SETTLED = ("authentication", "does not exist", "denied", "password", "unable to open", "no pg_hba")


def load_sql(options: SqlOptions) -> Dataset:
    """Read the rows of `options.table` or `options.query`; nothing is ever written."""
    if (options.query is None) == (options.table is None):
        raise ConfigError(
            "wanted `query` or `table`, one of them", hint="table: reviews, or query: SELECT ..."
        )
    query = None if options.query is None else of_query(options.query)
    url = parse_url(options.url.get_secret_value())
    with _connected(url) as connection, _explained(url, "could not be read"):
        statement = query or of_table(connection, options, url.shown)
        notes = [*statement.notes, *_read_only(connection)]
        table = read_rows(connection, statement, url, tuple(notes))
        connection.rollback()
    return assemble(table, options)


def _read_only(connection: Connection) -> list[str]:
    dialect = connection.dialect.name
    if dialect not in _READ_ONLY:
        return [f"{dialect} was not told to refuse writing: use an account that may only read"]
    connection.exec_driver_sql(_READ_ONLY[dialect])
    return []


@contextmanager
def _connected(url: DatabaseUrl) -> Iterator[Connection]:
    try:
        engine = create_engine(url.parsed, poolclass=NullPool, hide_parameters=True)
    except NoSuchModuleError as error:
        raise ConfigError(
            f"no database is called {url.parsed.drivername!r}",
            hint="such as postgresql+psycopg, mysql+pymysql, sqlite; or pip install its SQLAlchemy dialect",
        ) from error
    except ModuleNotFoundError as error:
        package = {"psycopg2": '"labelgate[postgresql]"', "MySQLdb": "mysqlclient"}.get(
            str(error.name), error.name
        )
        raise ConfigError(
            f"{url.parsed.drivername} needs the driver {error.name}, which is not installed",
            hint=f"pip install {package}, or name another driver in the URL",
        ) from error
    except (ArgumentError, TypeError, ValueError) as error:
        raise ConfigError(
            f"{url.shown} cannot be opened: {url.scrubbed(error)}", hint="check the parts of the URL"
        ) from None
    _refuse_missing_file(url.parsed, url.shown)
    with _explained(url, "could not be reached"):
        connection = engine.connect()
    try:
        yield connection
    finally:
        connection.close()
        engine.dispose()


@contextmanager
def _explained(url: DatabaseUrl, what: str) -> Iterator[None]:
    """Turn errors of the driver into ours: named by the database, without a password, without a chain."""
    try:
        yield
    except DBAPIError as error:
        said = url.scrubbed(error.orig or error)
        message = f"{url.shown} {what}: {said}"
        lost = what == "could not be reached" or error.connection_invalidated
        passing = lost and not any(word in said.lower() for word in _SETTLED)
        cause = ConnectionError(message) if passing else None
        hint = "check address, user and password" if lost else "try the statement in the database's own shell"
        raise InputError(message, hint=hint) from cause


def _refuse_missing_file(url: URL, shown: str) -> None:
    """SQLite would make an empty database of a file that is not there."""
    name = url.database
    if url.get_backend_name() != "sqlite" or not name or name == ":memory:" or "uri" in url.query:
        return
    if not Path(name).is_file():
        raise InputError(
            f"no database file {shown!r}", hint="check the path: sqlite:///data.db, or ////absolute"
        )
