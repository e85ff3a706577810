"""A gate on a database: from a gate.yaml to a verdict, with the address kept secret."""

import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from cl_flows.config import load_config
from cl_flows.direct import run_direct


@pytest.fixture
def database(tables: Path, tmp_path: Path) -> str:
    """URL of a database with the clean table, with a setting that stands for a secret."""
    file = tmp_path / "trees.db"
    with sqlite3.connect(file) as connection:
        pd.read_csv(tables / "clean.csv").to_sql("trees", connection, index=False)
    connection.close()
    return f"sqlite:///{file}?timeout=77.25"


@pytest.mark.parametrize("written", ["${TREES_URL}", "in plain sight"])
def test_a_gate_on_a_database_keeps_its_address_secret(
    database: str, written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The verdict is there; the URL is in no file of the run, by variable or written down."""
    monkeypatch.setenv("TREES_URL", database)
    url = written if "$" in written else database
    (tmp_path / "gate.yaml").write_text(
        f"data: {{loader: sql, url: '{url}', table: trees, id: tree}}\n"
        "gate: {max_noise_rate: 0.05, great_expectations: false}\n"
        "model: {backend: tabular, estimator: logistic}\n"
    )
    result = run_direct(load_config(tmp_path / "gate.yaml"))
    assert result.status == "passed"
    report = (Path(result.folder) / "report.json").read_text(encoding="utf-8")
    assert ("${TREES_URL}" in report) == (url != database)
    assert "sql: trees" in report
    for file in Path(result.folder).rglob("*"):
        assert b"77.25" not in file.read_bytes()
