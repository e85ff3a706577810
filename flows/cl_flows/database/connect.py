"""Connections to the history database: one that looks, one that writes. No table is known here."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool, StaticPool

from cl_core.errors import ConfigError, GateError, LabelgateError
from cl_flows.database.place import Database, is_there
from cl_flows.database.schema import bring_up_to_date, state_of
from cl_plugins.loaders.database_url import DatabaseUrl, parse_url
from cl_plugins.needs import needed

# Two gates may finish in the same instant; a writer waits this long for the other.
_WAIT_S = 30
_REACH_S = 10
# One writer at a time, as SQLite has it: the name of our lock among all locks of the server.
_WRITERS = 0x6C61_6265_6C67_6174
# PostgreSQL's classes of errors that end by themselves: connections, resources, a stop, locks, clashes;
# and the words of a server that is up and takes nobody yet, or nobody more.
_PASSING_STATES = ("08", "40", "53", "55P03", "57P")
_PASSING_WORDS = (
    "starting up",
    "shutting down",
    "in recovery",
    "too many",
    "connection slots",
    "not yet accepting",
)


@contextmanager
def reading(database: Database) -> Iterator[Connection]:
    """Open for reading; an old file is read through an upgraded copy in memory: looking changes nothing."""
    url = _url_of(database)
    with _told(database, url):
        with _begun(_engine(database, url, "BEGIN")) as connection:
            state = state_of(connection)
            if state == "current":
                yield connection
                return
        if isinstance(database, Path):
            with _copied(database) as connection:
                yield connection
            return
        with writing(database) as connection:
            yield connection


@contextmanager
def writing(database: Database) -> Iterator[Connection]:
    """Open for writing, alone, with today's schema; all of the block is kept, or nothing of it."""
    url = _url_of(database)
    with _told(database, url), _begun(_engine(database, url, "BEGIN IMMEDIATE")) as connection:
        if url is not None:
            connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_S}s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": _WRITERS})
        bring_up_to_date(connection)
        yield connection


def refuse_unusable(database: Database) -> None:
    """Refuse a history that cannot be opened, while nothing has been worked for yet; none at all will do."""
    if is_there(database):
        url = _url_of(database)
        with _told(database, url), _begun(_engine(database, url, "BEGIN")) as connection:
            state_of(connection)


@contextmanager
def _begun(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def _copied(path: Path) -> Iterator[Connection]:
    """Copy a file of SQLite into memory and upgrade it there."""
    with closing(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)) as memory:
        with closing(sqlite3.connect(path, timeout=_WAIT_S)) as file:
            file.backup(memory)
        engine = create_engine("sqlite://", creator=lambda: memory, poolclass=StaticPool)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        with _begun(engine) as connection:
            bring_up_to_date(connection)
            yield connection


def _engine(database: Database, url: DatabaseUrl | None, begin: str) -> Engine:
    """Make an engine whose transactions begin as we say; nothing stays open behind it."""
    if url is not None:
        return create_engine(
            url.parsed,
            poolclass=NullPool,
            connect_args={"connect_timeout": _REACH_S, "application_name": "labelgate"},
        )
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(database, timeout=_WAIT_S, isolation_level=None),
        poolclass=NullPool,
    )
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _url_of(database: Database) -> DatabaseUrl | None:
    if isinstance(database, Path):
        return None
    try:
        url = parse_url(database)
    except ConfigError as error:  # its message speaks of another option
        raise ConfigError("output.database is no database URL", hint=error.hint) from None
    if url.parsed.get_backend_name() != "postgresql":
        raise ConfigError(
            f"history cannot be kept in {url.shown}: PostgreSQL is wanted",
            hint="leave output.database out for SQLite, which lies in the results folder",
        )
    if url.parsed.get_driver_name() == "psycopg":
        needed("psycopg", "postgresql", "history in PostgreSQL")
    return url


@contextmanager
def _told(database: Database, url: DatabaseUrl | None) -> Iterator[None]:
    """Name the database in its errors, and never a password."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        fault = getattr(error, "orig", None) or error
        if url is None:
            raise _of_sqlite(database, fault) from fault
        raise _of_postgresql(
            f"history database {url.shown} cannot be used: {url.scrubbed(fault)}", fault
        ) from None


def _of_postgresql(says: str, fault: BaseException) -> LabelgateError:
    """Tell a server that is away for now, which the next try may find, from a setting that is wrong."""
    code = str(getattr(fault, "sqlstate", None) or getattr(fault, "pgcode", None) or "")
    if code:
        passing = code.startswith(_PASSING_STATES)
    else:  # nothing was connected: a server that answered says FATAL, and has no code for us
        passing = "OperationalError" in type(fault).__name__
        passing = passing and (
            "FATAL" not in str(fault) or any(word in str(fault) for word in _PASSING_WORDS)
        )
    if passing:
        return GateError(says, hint="see that the server runs and can be reached from here, then try again")
    return ConfigError(
        says, hint="check output.database, and that its user may log in, create tables and write"
    )


def _of_sqlite(database: Database, fault: BaseException) -> LabelgateError:
    """Say what to do about a fault of the file: only a damaged one is moved aside."""
    says = f"history database {database} cannot be used: {fault}"
    match getattr(fault, "sqlite_errorcode", 0) & 0xFF:  # the rest of the number says more than we need
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            hint = f"another program has held it for {_WAIT_S} seconds: close that one, then try again"
            return GateError(says, hint=hint)
        case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
            return GateError(says, hint="make room on its disk, or mend it, then try again")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return ConfigError(
                says, hint="check who may write the file and its folder, or name another folder"
            )
        case _:
            return ConfigError(says, hint="move it aside, or name another results folder with --output")
