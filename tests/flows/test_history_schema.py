"""The schema of history: made, upgraded from every earlier one, and refused where it is not ours."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, inspect

from cl_core import Baseline, ClassFigures, ConfigError, GateError
from cl_flows.audits import finding_for_data, read_answers
from cl_flows.baselines import find_baseline, read_acceptances, write_figures
from cl_flows.database import schema
from cl_flows.database.connect import _of_postgresql, reading, writing
from cl_flows.database.place import Database
from cl_flows.database.tables import RUNS
from cl_flows.history import read_history, recording
from history_rows import history_row

HERE = Path(__file__).parent
DATASET = 'Bäume \'n "co"'
ROW = history_row(
    "20260103-000000-aaaaaa",
    day=3,
    dataset=DATASET,
    finished_at="2026-01-03T00:00:01.500+00:00",
    n_rows=10_000_000_000,
    fingerprint="def",
)
FIGURES = Baseline(
    run_id=ROW.run_id,
    finished_at=ROW.finished_at,
    n_rows=100,
    rate=0.01,
    low=0.0,
    high=0.02,
    method="auto",
    classes=(ClassFigures("kätzchen", 99, 0.01, 0.0, 0.02), ClassFigures("rare", 0)),
)


def old(folder: Path, dump: str) -> Path:
    """Make the database that the code of an earlier commit made."""
    folder.mkdir(exist_ok=True)
    path = folder / "history.db"
    connection = sqlite3.connect(path)
    connection.executescript((HERE / dump).read_text(encoding="utf-8"))
    connection.close()
    return path


def shape(connection: Connection) -> dict[str, Any]:
    """Describe tables, columns, indexes and views."""
    found = inspect(connection)
    tables = {
        name: [(column["name"], str(column["type"])) for column in found.get_columns(name)]
        for name in sorted([*found.get_table_names(), *found.get_view_names()])
    }
    indexes = {name: found.get_indexes(name) for name in sorted(found.get_table_names())}
    return {"tables": tables, "indexes": indexes}


def shape_of(database: Database) -> dict[str, Any]:
    with writing(database) as connection:
        return shape(connection)


def migrate(connection: Connection, to: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bring an empty database to an earlier schema, as the labelgate of that time did."""
    from alembic import command

    upgrade = command.upgrade
    with monkeypatch.context() as patch:
        patch.setattr(command, "upgrade", lambda config, _head: upgrade(config, to))
        schema._migrate(connection)


def with_schema_as_it_is(
    database: Database, use: Callable[[Connection], Any], monkeypatch: pytest.MonkeyPatch
) -> Any:
    """Use a connection that upgrades nothing."""
    with monkeypatch.context() as patch:
        patch.setattr("cl_flows.database.connect.bring_up_to_date", lambda _: None)
        with writing(database) as connection:
            return use(connection)


def make(database: Database, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a database of an earlier schema."""
    with_schema_as_it_is(database, lambda c: migrate(c, version, monkeypatch), monkeypatch)


@pytest.mark.parametrize("version", schema.VERSIONS[:-1])
def test_every_earlier_schema_becomes_the_one_that_is_made_today(
    database: Database, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its rows; and every version there is in the folder of migrations is known."""
    make(database, version, monkeypatch)
    with_schema_as_it_is(database, lambda c: c.execute(RUNS.insert().values(**asdict(ROW))), monkeypatch)
    assert read_history(database) == [ROW]
    upgraded = shape_of(database)
    if isinstance(database, Path):
        assert upgraded == shape_of(tmp_path / "new.db")
    else:
        with writing(database) as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        assert upgraded == shape_of(database)


@pytest.mark.parametrize("dump", ["history_first.sql", "history_with_baselines.sql"])
def test_a_database_of_an_earlier_commit_keeps_all_it_holds(tmp_path: Path, dump: str) -> None:
    """Looking changes nothing; the first run that is recorded upgrades the file, with every answer in it."""
    path = old(tmp_path, dump)
    before = path.read_bytes()
    for _ in range(2):
        assert [row.run_id[:8] for row in read_history(path)][-2:] == ["20260102", "20260101"]
        assert [(a.who, a.is_wrong, a.true_label) for a in read_answers(path, "20260102-000000-aaaaaa")] == [
            ("kim", True, "birch"),
            ("lee", False, ""),
        ]
        finding = finding_for_data(path, "abc", max_noise_rate=0.05)
        assert finding is not None
        assert finding.estimate.n_disputed == 1
        by_hand = dump == "history_with_baselines.sql"
        assert list(read_acceptances(path)) == (["20260102-000000-aaaaaa"] if by_hand else [])
        found = find_baseline(path, DATASET)
        assert found is not None
        assert found.accepted_by == ("kim" if by_hand else "")
        if path.read_bytes() == before:
            with recording(path, replace(ROW, status="failed")):
                pass
    assert path.read_bytes() != before
    assert len(read_history(path)) == 3
    wanted = shape_of(tmp_path / "new.db")
    assert shape_of(path)["tables"] == wanted["tables"]


def test_a_file_that_may_only_be_read_is_read_and_left_alone(tmp_path: Path) -> None:
    """A copy on a read-only disk, old or new; writing says what is wrong."""
    path = old(tmp_path, "history_first.sql")
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        assert len(read_history(path)) == 2
        if os.geteuid():  # root writes anyway
            with pytest.raises(ConfigError, match="readonly"), recording(path, ROW):
                pass
    finally:
        tmp_path.chmod(0o755)


def test_a_newer_or_a_strangers_database_is_refused(database: Database, tmp_path: Path) -> None:
    """Nothing is written into what we do not understand."""
    with writing(database) as connection:
        connection.exec_driver_sql("UPDATE labelgate_version SET version_num = '9999'")
    for use in (lambda: read_history(database), lambda: find_baseline(database, "cats")):
        with pytest.raises(ConfigError, match="has schema 9999") as refused:
            use()
        assert "newer labelgate" in refused.value.hint
    with pytest.raises(ConfigError, match="9999"), recording(database, ROW):
        pass
    other = sqlite3.connect(tmp_path / "mlflow.db")
    other.executescript("CREATE TABLE runs (run_uuid TEXT); INSERT INTO runs VALUES ('x')")
    other.close()
    with pytest.raises(ConfigError, match="not labelgate's"), recording(tmp_path / "mlflow.db", ROW):
        pass


def test_a_row_that_no_gate_wrote_is_refused(tmp_path: Path) -> None:
    """SQLite keeps a word where a number belongs; it is not shown as a rate."""
    path = tmp_path / "history.db"
    with recording(path, ROW):
        pass
    other = sqlite3.connect(path)
    with other:
        other.execute("UPDATE runs SET noise_rate = 'much'")
    other.close()
    with pytest.raises(ConfigError, match="noise_rate of run 20260103-000000-aaaaaa is 'much'"):
        read_history(path)


def test_the_views_show_runs_and_classes(database: Database) -> None:
    """What docs/history.md promises to dashboards, column by column."""
    with recording(database, ROW) as connection:
        write_figures(connection, FIGURES, accepted=True)
    with reading(database) as connection:
        run = connection.exec_driver_sql("SELECT * FROM labelgate_runs").mappings().one()
        classes = connection.exec_driver_sql("SELECT * FROM labelgate_classes ORDER BY label").mappings()
        found = [(c["label"], c["n_rows"], c["noise_rate"], c["low"], c["high"]) for c in classes]
    assert found == [("kätzchen", 99, 0.01, 0.0, 0.02), ("rare", 0, None, None, None)]
    assert (run["run_id"], run["seconds"], run["pruned"], run["n_rows"]) == (ROW.run_id, 1.5, 0, ROW.n_rows)
    moment = run["time"] if isinstance(database, Path) else run["time"].timestamp()
    assert int(moment) == 1767398401


RECORDERS = """
import os, sys
from dataclasses import replace
from pathlib import Path
from cl_flows.history import HistoryRow, recording
place = Path(sys.argv[1]) if "://" not in sys.argv[1] else sys.argv[1]
row = HistoryRow(**eval(sys.argv[2]))
children = []
for number in range(8):
    child = os.fork()
    if not child:
        try:
            for i in range(5):
                with recording(place, replace(row, run_id=f"r{number}-{i}")):
                    pass
        except BaseException as error:
            print(error, file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    children.append(child)
sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))
"""


def test_eight_processes_lose_no_run_and_write_none_twice(database: Database) -> None:
    """They also make the database at once: one does, seven wait."""
    fields = repr(asdict(ROW))
    done = subprocess.run(
        [sys.executable, "-c", RECORDERS, str(database), fields], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = [row.run_id for row in read_history(database, limit=1000)]
    assert sorted(found) == sorted(f"r{number}-{i}" for number in range(8) for i in range(5))


def test_two_upgrades_at_once_are_one(tmp_path: Path) -> None:
    """Whoever waits finds the new schema and goes on."""
    path = old(tmp_path, "history_with_baselines.sql")

    def record(i: int) -> None:
        with recording(path, replace(ROW, run_id=f"r{i}")):
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(record, range(4)))
    assert len(read_history(path)) == 6


def test_threads_upgrade_databases_of_their_own_at_the_same_time(tmp_path: Path) -> None:
    """What Alembic keeps for all threads of a process mixes nothing up."""
    paths = [old(tmp_path / str(i), "history_first.sql") for i in range(6)]

    def record(path: Path) -> None:
        with recording(path, ROW):
            pass

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(record, paths))
    assert [len(read_history(path)) for path in paths] == [3] * 6


KILLED = """
import os, signal, sys
from pathlib import Path
from cl_flows.database import schema
from cl_flows.database.connect import writing
schema.create_views = lambda _: os.kill(os.getpid(), signal.SIGKILL)
place = sys.argv[1]
with writing(Path(place) if "://" not in place else place):
    pass
"""


def test_an_upgrade_that_is_killed_never_was(tmp_path: Path) -> None:
    """Kill -9 when all tables are changed: the next process finds the old schema and upgrades it."""
    path = old(tmp_path, "history_with_baselines.sql")
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(read_history(path)) == 2
    with recording(path, ROW):
        pass
    assert shape_of(path)["tables"] == shape_of(tmp_path / "new.db")["tables"]
    assert len(read_history(path)) == 3


def test_an_upgrade_of_either_kind_is_killed_and_then_made_by_four_at_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the killed one is left, and of the four one upgrades and no run is lost."""
    make(database, "0001", monkeypatch)
    done = subprocess.run([sys.executable, "-c", KILLED, str(database)], check=False)
    assert done.returncode == -signal.SIGKILL
    query = "SELECT version_num FROM labelgate_version"
    version = with_schema_as_it_is(database, lambda c: c.exec_driver_sql(query).scalar(), monkeypatch)
    assert version == "0001"

    def record(i: int) -> None:
        with recording(database, replace(ROW, run_id=f"r{i}")):
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(record, range(4)))
    assert len(read_history(database)) == 4


def test_a_current_schema_imports_no_alembic(tmp_path: Path) -> None:
    """A run of every day does not pay for upgrades."""
    program = f"""
import sys
from pathlib import Path
from cl_flows.database.connect import _of_postgresql, reading, writing
for use in (writing, reading, writing):
    with use(Path({str(tmp_path / "history.db")!r})):
        pass
assert "alembic" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "no database URL"),
        ("mysql://me:geheim@host/db", "PostgreSQL is wanted"),
        ("sqlite:///x.db", "PostgreSQL is wanted"),
    ],
)
def test_a_url_of_another_kind_is_refused(url: str, says: str) -> None:
    """Without its password."""
    with pytest.raises(ConfigError, match=says) as refused:
        read_history(url)
    assert "geheim" not in str(refused.value)


def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    """Neither in the message nor in what it came from; not as a wrong setting, which nobody tries again."""
    with pytest.raises(GateError, match=r"postgresql://127.0.0.1:1/db cannot be used") as refused:
        read_history("postgresql+psycopg://me:geheim@127.0.0.1:1/db")
    assert "geheim" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("says", "state", "kind"),
    [
        ("connection failed: Connection refused", None, GateError),
        ("FATAL:  the database system is starting up", None, GateError),
        ("FATAL:  sorry, too many clients already", None, GateError),
        ("terminating connection due to administrator command", "57P01", GateError),
        ("canceling statement due to lock timeout", "55P03", GateError),
        ('FATAL:  password authentication failed for user "me"', None, ConfigError),
        ('FATAL:  database "db" does not exist', None, ConfigError),
        ("permission denied for schema public", "42501", ConfigError),
    ],
)
def test_only_what_may_work_the_next_time_is_a_crash(says: str, state: str | None, kind: type) -> None:
    """A crash is tried again (exit code 1), a wrong setting is not (2)."""

    class OperationalError(Exception):
        sqlstate = state

    refused = _of_postgresql(says, OperationalError(says))
    assert type(refused) is kind
    assert refused.hint
