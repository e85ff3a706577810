"""History in PostgreSQL behind a gate: everything a file does, and its password nowhere."""

from pathlib import Path
from typing import Any

import pytest

from cl_core import ConfigError
from cl_flows.audits import Answer, add_answers, finding_for_data, plan_for_run
from cl_flows.baselines import find_baseline
from cl_flows.cli import main
from cl_flows.config import make_config
from cl_flows.database.connect import reading, writing
from cl_flows.direct import run_direct
from cl_flows.history import read_history
from cl_flows.tellings import news_for, owe, put_off, settle

BASE = {"data": {"path": "x.csv"}, "gate": {"max_noise_rate": 0.05}}


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    out, err = capsys.readouterr()
    return int(left.value.code or 0), out + err


@pytest.mark.postgresql
def test_a_gate_lives_on_postgresql_and_shows_no_password(
    new_postgresql: str,
    tables: Path,
    tmp_path: Path,
    gate_config: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Runs, baseline, audit, acceptance, pruning and report, by gate.yaml and by the variable alone."""
    monkeypatch.setenv("LABELGATE_DB", new_postgresql)
    monkeypatch.setenv("ANOTHER", new_postgresql)
    password = new_postgresql.partition("labelgate:")[2].partition("@")[0]
    assert len(password) > 8
    config = gate_config(tables / "noisy.csv", tmp_path)
    named = config.model_copy(update={"output": config.output.model_copy(update={"database": "${ANOTHER}"})})
    assert password not in named.model_dump_json()
    results = [run_direct(named), run_direct(config), run_direct(config)]
    passed = run_direct(gate_config(tables / "clean.csv", tmp_path))
    history = config.history
    assert len(read_history(history)) == 4
    assert find_baseline(history, "clean").run_id == passed.run_id  # type: ignore[union-attr]

    audit = plan_for_run(history, Path(results[1].folder), max_noise_rate=None, rows=20, more=0, seed=0)
    plan_for_run(history, Path(results[1].folder), max_noise_rate=None, rows=None, more=5, seed=0)
    add_answers(history, audit, [Answer(int(audit.plan.positions[0]), "kim", True, "ash")])
    assert finding_for_data(history, audit.fingerprint, max_noise_rate=0.05) is not None

    where = ("--output", str(tmp_path))
    code, said = told(capsys, "history", "accept", results[2].run_id, "--who", "kim", "--reason", "x", *where)
    assert code == 0
    code, said = told(capsys, "history", *where)
    assert (code, "accepted by kim" in said, password in said) == (0, True, False)
    code, said = told(capsys, "history", "prune", "--keep", "1", *where)
    assert (code, results[0].run_id in said, "1 runs" in said) == (0, True, True)
    assert "was pruned on" in told(capsys, "report", results[0].run_id, *where)[1]
    assert told(capsys, "history", "prune", "--keep", "1", "--rows", "--audited", *where)[0] == 0
    assert len(read_history(history)) == 2

    assert not (tmp_path / "history.db").exists()
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if password.encode() in path.read_bytes()]


@pytest.mark.postgresql
def test_debts_of_words_are_settled_on_postgresql(new_postgresql: str) -> None:
    """A failed run is told once, and a run of no news settles itself."""
    for number, news in (("1", "failed"), ("2", None)):
        moment = f"2026-01-0{number}T00:00:00.000+00:00"
        with writing(new_postgresql) as connection:
            owe(connection, ["slack"], run_id=number, dataset="a", status="failed", finished_at=moment)
        put_off(new_postgresql, "slack", number, "out of reach" if news else "")
        telling, runs = news_for(new_postgresql, "slack", run_id=number, dataset="a", when="change")
        assert (telling.news if telling else None, runs) == (news, (number,))
        settle(new_postgresql, "slack", runs, told=telling is not None)


@pytest.mark.postgresql
def test_who_may_only_read_reads_and_is_refused_as_a_writer(new_postgresql: str) -> None:
    """`SELECT` is enough to look; the refusal of a write names the database without its user."""
    from sqlalchemy import make_url

    with writing(new_postgresql) as connection:
        connection.exec_driver_sql("DROP ROLE IF EXISTS history_reader")
        connection.exec_driver_sql("CREATE ROLE history_reader LOGIN PASSWORD 'geheim-wort'")
        connection.exec_driver_sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO history_reader")
    url = make_url(new_postgresql).set(username="history_reader", password="geheim-wort")  # noqa: S106
    reader = url.render_as_string(hide_password=False)
    try:
        assert read_history(reader) == []
        with reading(reader) as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM labelgate_runs").scalar() == 0
        with pytest.raises(ConfigError, match="permission denied") as refused:
            settle_nothing(reader)
        assert "geheim" not in str(refused.value)
    finally:
        with writing(new_postgresql) as connection:
            connection.exec_driver_sql("DROP OWNED BY history_reader")
            connection.exec_driver_sql("DROP ROLE history_reader")


def settle_nothing(url: str) -> None:
    with writing(url) as connection:
        connection.exec_driver_sql("DELETE FROM runs")


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("postgresql://me:geheim@host/db", "password in plain sight"),
        ("postgresql://host/db?password=geheim", "password in plain sight"),
        ("geheim", "no database URL"),
        ("${NOT_SET_ANYWHERE}", "NOT_SET_ANYWHERE, which is not set"),
    ],
)
def test_a_url_in_gate_yaml_is_refused_before_anything_is_read(written: str, says: str) -> None:
    """A password on record is no secret any more."""
    with pytest.raises(ConfigError, match=says) as refused:
        make_config({**BASE, "output": {"database": written}}, "gate.yaml").history  # noqa: B018
    assert "geheim" not in str(refused.value)


def test_without_a_url_history_is_the_file_in_the_results_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable alone will do, and what gate.yaml names goes first."""
    monkeypatch.delenv("LABELGATE_DB", raising=False)
    plain = make_config({**BASE, "output": {"folder": "runs"}}, "gate.yaml")
    assert str(plain.history) == str(Path("runs/history.db"))
    monkeypatch.setenv("LABELGATE_DB", "postgresql://one/db")
    monkeypatch.setenv("OTHER", "postgresql://two/db")
    assert str(plain.history) == "postgresql://one/db"
    named = make_config({**BASE, "output": {"database": "${OTHER}"}}, "gate.yaml")
    assert (named.history, named.output.database) == ("postgresql://two/db", "${OTHER}")
