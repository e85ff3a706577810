"""The loader ``sql``: real databases, read and never written, with secrets that stay secret."""

import sqlite3
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import create_engine, text

from cl_core import ConfigError, Dataset, InputError
from cl_core.testing import check_loader
from cl_plugins.builtin import labelgate_dataset_loaders
from cl_plugins.loaders.options import SqlOptions
from cl_plugins.loaders.sql import load_sql

ROWS = """
create table pets (code text primary key, size real, colour text, "kind of" text, seen timestamp);
insert into pets values ('r2', 2.5, 'blue', 'dog', '2026-11-24 10:00:00');
insert into pets values ('r1', 1.5, 'red', 'cat', '2026-11-23 10:00:00');
insert into pets values ('r3', null, 'red', 'cat', '2026-11-25 10:00:00');
insert into pets values ('r4', 4.0, 'blue', null, '2026-11-26 10:00:00');
create view small as select code, size, "kind of" as label from pets where size < 3;
"""


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """URL of a database file with the table ``pets``."""
    with sqlite3.connect(tmp_path / "zoo.db") as database:
        database.executescript(ROWS)
    database.close()
    return f"sqlite:///{tmp_path / 'zoo.db'}"


def load(url: str, **options: Any) -> Dataset:
    return load_sql(SqlOptions.model_validate({"url": url, **options}))


def refused(url: str, **options: Any) -> str:
    """Message and hint of the error, and every word of its chain."""
    with pytest.raises((InputError, ConfigError)) as caught:
        load(url, **options)
    assert caught.value.hint
    return f"{caught.value} | {caught.value.hint} | " + "".join(traceback.format_exception(caught.value))


def test_a_table_becomes_a_data_set(sqlite: str) -> None:
    """Rows come in the order of the primary key; those without a label are counted; the contract is kept."""
    loader = next(loader for loader in labelgate_dataset_loaders() if loader.name == "sql")
    options = {"url": sqlite, "table": "pets", "label": "kind of", "id": "code", "times": "seen"}
    data = check_loader(loader, options)
    assert (data.name, data.classes, data.labels.tolist()) == ("pets", ("cat", "dog"), [0, 1, 0])
    assert data.ids.tolist() == ["r1", "r2", "r3"]
    assert list(data.features.columns) == ["size", "colour"]
    assert data.n_unlabelled == 1
    assert np.asarray(data.times)[0] == np.datetime64("2026-11-23T10:00:00")


def test_a_query_or_a_view_is_read_and_its_order_is_spoken_of(sqlite: str) -> None:
    """Without an ORDER BY two runs may differ, and people are told."""
    view = load(sqlite, table="small")
    assert view.classes == ("cat", "dog")
    assert any("no primary key" in note for note in view.notes)
    loose = load(
        sqlite, query="select code, size, \"kind of\" from pets where colour like '%e%';", label="kind of"
    )
    assert loose.name == "zoo"
    assert any("no ORDER BY" in note for note in loose.notes)
    query = "with p as (select * from pets) select * from p order by code desc; -- the newest first"
    ordered = load(sqlite, query=query, label="kind of", id="code")
    assert ordered.ids.tolist() == ["r3", "r2", "r1"]
    assert not any("ORDER BY" in note for note in ordered.notes)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "wanted `query` or `table`, one of them"),
        ({"query": "select 1", "table": "pets"}, "wanted `query` or `table`, one of them"),
        ({"table": "pet"}, "has no table 'pet' | did you mean 'pets'?"),
        ({"table": "pets"}, "no column of 'pets of sqlite://"),
        ({"query": "select * from nowhere"}, "no such table: nowhere"),
        ({"query": "delete from pets"}, "starts with DELETE, wanted SELECT or WITH"),
        ({"query": " -- select\n drop table pets"}, "starts with DROP"),
        ({"query": "select 1; drop table pets"}, "holds several statements"),
        ({"query": "with a as (select 1) insert into pets select * from a"}, "holds the word INSERT"),
        ({"query": "select * into other from pets"}, "holds the word INTO"),
        ({"query": "select /*!50000 1 */ 2"}, "which MySQL runs"),
        ({"query": ""}, "starts with nothing"),
        ({"query": "select 1 as a, 2 as a, 'x' as label"}, "several columns called 'a'"),
        ({"query": "select 1 as a, 'x' as label where 1 = 0"}, "has no rows"),
    ],
)
def test_what_cannot_be_read_is_refused(sqlite: str, options: dict[str, Any], said: str) -> None:
    """What came, what was wanted and what to do; nothing is changed."""
    assert said in refused(sqlite, **options)
    assert load(sqlite, table="pets", label="kind of").n_rows == 3


def test_words_in_quotes_do_no_harm(sqlite: str) -> None:
    """A text or a name may hold a semicolon or a word that writes."""
    query = "select 'delete; it''s' as a, \"kind of\" as label, 1 as \"insert\" from pets /* update */"
    assert load(sqlite, query=query).classes == ("cat", "dog")


def test_the_database_itself_refuses_to_write(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the statement let through, the connection would still only read."""
    monkeypatch.setattr("cl_plugins.loaders.sql_statement._WRITING", __import__("re").compile(r"(?!)(x)"))
    assert "readonly database" in refused(
        sqlite, query="with a as (select 1) insert into pets(code) select 'z'"
    )


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """SQLite alone would make an empty database."""
    assert "no database file" in refused(f"sqlite:///{tmp_path}/no.db", table="pets")
    assert not (tmp_path / "no.db").exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("geheim", "`url` is no database URL"),
        ("warp://me:geheim@host/db", "no database is called 'warp'"),
        ("oracle+cx_oracle://me:geheim@host/db", "needs the driver cx_Oracle, which is not installed"),
        ("sqlite://me:geheim@host/db", "cannot be opened"),
    ],
)
def test_other_urls_are_refused_without_being_shown(url: str, said: str) -> None:
    """A password is in no message, no cause and no representation."""
    told = refused(url, table="pets")
    assert said in told
    assert "geheim" not in told.replace("'warp'", "")
    assert "geheim" not in repr(SqlOptions(url=url))


def test_sqlite_columns_of_mixed_kinds_are_text_aloud(tmp_path: Path) -> None:
    """A column may hold anything there; holes and whole numbers do not turn it into something else."""
    with sqlite3.connect(tmp_path / "m.db") as database:
        database.execute("create table m (id integer primary key, x, big integer, label)")
        rows = [(1, 1, None, "a"), (2, "two", 2**53 + 1, "b"), (3, None, 2**53, "a")]
        database.executemany("insert into m values (?, ?, ?, ?)", rows)
    database.close()
    data = load(f"sqlite:///{tmp_path / 'm.db'}", table="m")
    assert data.features["x"].fillna("").tolist() == ["1", "two", ""]
    assert data.features["big"].dropna().tolist() == [2**53 + 1, 2**53]


def test_many_rows_are_streamed(tmp_path: Path) -> None:
    """Thirty thousand rows come in several parts, whole; a column empty at first finds its type later."""
    with sqlite3.connect(tmp_path / "n.db") as database:
        database.execute("create table n (id integer primary key, x real, p_a real, p_b real, label text)")
        rows = ((i, None if i < 15_000 else i / 2, 0.25, 0.75, "ab"[i % 2]) for i in range(30_000))
        database.executemany("insert into n values (?, ?, ?, ?, ?)", rows)
    database.close()
    data = load(f"sqlite:///{tmp_path / 'n.db'}", table="n", pred_probs_columns="p_{class}")
    assert data.ids.tolist() == list(range(30_000))
    assert data.features["x"].sum() == sum(range(15_000, 30_000)) / 2
    assert np.asarray(data.pred_probs).shape == (30_000, 2)


@pytest.fixture
def zoo(postgresql_url: str) -> str:
    """URL of a PostgreSQL database with a schema ``lab`` that holds the table ``pets`` of many types."""
    engine = create_engine(postgresql_url)
    with engine.begin() as connection:
        connection.execute(text("drop schema if exists lab cascade"))
        connection.execute(text("create schema lab"))
        connection.execute(
            text(
                "create table lab.pets as select n as id, n / 4.0 as size, n::numeric(6, 0) as whole, "
                "md5(n::text)::uuid as code, array[n, 1] as pair, timestamptz '2026-11-24 00:00+01' + n * "
                "interval '1 hour' as seen, n % 2 = 0 as even, "
                "(array['cat', 'dog', null])[n % 3 + 1] as label from generate_series(1, 25000) n"
            )
        )
        connection.execute(text("alter table lab.pets add primary key (id)"))
    engine.dispose()
    return postgresql_url


@pytest.mark.postgresql
def test_postgresql_is_read(zoo: str) -> None:
    """Numerics are numbers, UUIDs are text, times are in UTC, and rows come in order, in many parts."""
    data = load(zoo, table="lab.pets", times="seen", drop=["pair"])
    assert (data.name, data.n_rows, data.n_unlabelled) == ("pets", 16_667, 8_333)
    assert data.ids[:3].tolist() == [1, 3, 4]
    assert data.features["size"].tolist()[:2] == [0.25, 0.75]
    assert data.features["whole"].tolist()[:2] == [1, 3]
    assert data.features["code"].iloc[0] == "c4ca4238-a0b9-2382-0dcc-509a6f75849b"
    assert np.asarray(data.times)[0] == np.datetime64("2026-11-24T00:00:00")
    plain = zoo.replace("+psycopg", "")
    query = "select id, size, label from lab.pets where label like '%a%' or label = 'dog' order by id"
    assert load(plain, query=query).n_rows == 16_667


@pytest.mark.postgresql
def test_postgresql_refuses_to_write(zoo: str) -> None:
    """A function that writes is a SELECT to read: the transaction refuses it."""
    engine = create_engine(zoo)
    with engine.begin() as connection:
        body = "'delete from lab.pets; select 1'"
        grow = f"create or replace function lab.grow() returns text language sql as {body}"
        connection.execute(text(grow))
    engine.dispose()
    said = refused(zoo, query="select lab.grow() as label")
    assert "read-only transaction" in said
    assert load(zoo, table="lab.pets", drop=["pair"]).n_rows == 16_667


@pytest.mark.postgresql
def test_a_wrong_password_and_a_server_that_is_gone_stay_secret(zoo: str) -> None:
    """The error names the server; only the broken connection may be tried again."""
    head, _, tail = zoo.partition("://labelgate:")
    host = tail.rpartition("@")[2]
    wrong = refused(f"{head}://labelgate:gehe%2Fim@{host}", table="lab.pets")
    assert "password authentication failed" in wrong
    assert host in wrong
    assert "gehe" not in wrong
    assert "ConnectionError" not in wrong
    gone = refused(f"{head}://labelgate:geheim@127.0.0.1:9/postgres", table="lab.pets")
    assert "could not be reached" in gone
    assert "ConnectionError" in gone
    assert "geheim" not in gone
