"""The one statement that is sent to a database: a SELECT of people's own, or one that reads a table."""

import re
from dataclasses import dataclass
from difflib import get_close_matches

from sqlalchemy import Connection, inspect

from cl_core.errors import ConfigError, InputError
from cl_plugins.loaders.options import SqlOptions

# Comments and everything in quotes, in the ways of the common databases.
_QUOTED = re.compile(
    r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\$(\w*)\$.*?\$\1\$", re.DOTALL
)
_WRITING = re.compile(r"\b(insert|update|delete|merge|into)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL to send, and what people should know about it.

    Attributes
    ----------
    sql
        One statement that reads.
    what
        The table's name, or "query".
    notes
        One sentence each.
    """

    sql: str
    what: str
    notes: tuple[str, ...] = ()


def of_query(query: str) -> Statement:
    """Take a SELECT or WITH statement; refuse whatever else can be told from it by reading.

    The database stands behind this: the statement runs in a transaction that may only read.
    """
    if "/*!" in query:
        raise ConfigError("`query` holds /*!, which MySQL runs", hint="write one plain SELECT statement")
    bare = _QUOTED.sub(" ", query).strip().rstrip(";").rstrip()
    first = re.match(r"[\s(]*(\w*)", bare)
    word = first[1].lower() if first else ""
    if word not in ("select", "with"):
        raise ConfigError(
            f"`query` starts with {word.upper() or 'nothing'}, wanted SELECT or WITH",
            hint="labelgate only reads; a view or a table may also be named with `table`",
        )
    if ";" in bare:
        raise ConfigError(
            "`query` holds several statements, wanted one", hint="keep the SELECT statement only"
        )
    if writes := _WRITING.search(bare):
        raise ConfigError(
            f"`query` holds the word {writes[0].upper()}: it would write or lock",
            hint="labelgate only reads; a column of that name goes into quotes",
        )
    ordered = re.search(r"\border\s+by\b", bare, re.IGNORECASE)
    note = "the query has no ORDER BY: row numbers, folds and the digest may differ from run to run"
    return Statement(_without_end(query), "query", () if ordered else (note,))


def _without_end(query: str) -> str:
    """Cut the semicolon and what is a comment behind it: a cursor is declared for the bare statement."""
    return re.sub(r"(;|--[^\n]*\Z|/\*.*?\*/\Z|\s)+\Z", "", query, flags=re.DOTALL)


def of_table(connection: Connection, options: SqlOptions, shown: str) -> Statement:
    """Select the rows of a table or view in the order of its primary key, or else of the id column."""
    inspector = inspect(connection)
    name, schema = str(options.table), None
    if not inspector.has_table(name) and "." in name:
        schema, _, name = name.rpartition(".")
    if not inspector.has_table(name, schema=schema):
        known = [*inspector.get_table_names(schema=schema), *inspector.get_view_names(schema=schema)]
        near = get_close_matches(name, known, n=1)
        raise InputError(
            f"{shown} has no table {options.table!r}",
            hint=f"{f'did you mean {near[0]!r}? ' if near else ''}tables: {', '.join(sorted(known)[:20])}",
        )
    quote = connection.dialect.identifier_preparer.quote
    columns = [str(column["name"]) for column in inspector.get_columns(name, schema=schema)]
    key = list(inspector.get_pk_constraint(name, schema=schema)["constrained_columns"])
    order = key or ([options.id] if options.id in columns else [])
    whole = f"{quote(schema)}.{quote(name)}" if schema else quote(name)
    sql = f"SELECT {', '.join(map(quote, columns))} FROM {whole}"  # noqa: S608 - names of the database itself
    if order:
        return Statement(f"{sql} ORDER BY {', '.join(map(quote, order))}", name)
    note = f"table {name!r} has no primary key: row numbers, folds and the digest may differ from run to run"
    return Statement(sql, name, (note,))
