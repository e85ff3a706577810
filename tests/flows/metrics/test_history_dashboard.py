"""The dashboard on history: every query of it, run on a real PostgreSQL with real gates in it."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cl_flows.outcome import GateResult

GRAFANA = Path(__file__).parents[3] / "deployments" / "grafana"
DASHBOARD = json.loads((GRAFANA / "history.json").read_text(encoding="utf-8"))
QUOTED = "say 'ash' \"now\""


def queries(node: Any) -> Iterator[tuple[str, str]]:
    """Find every query with its form: of panels, annotations and variables."""
    if isinstance(node, dict):
        if "rawSql" in node:
            yield node["rawSql"], node["format"]
        elif isinstance(node.get("rawQuery"), str):
            yield node["rawQuery"], "annotation"
        elif node.get("type") == "query":
            yield node["query"], "variable"
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from queries(value)


def filled(query: str, *datasets: str) -> str:
    """Put in what people chose, as Grafana does: quoted names, and a span for the macro."""
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in datasets)
    query = query.replace("${dataset:sqlstring}", names)
    span = r"\1 BETWEEN '2020-01-01T00:00:00Z' AND '2120-01-01T00:00:00Z'"
    query = re.sub(r"\$__timeFilter\(([\w.]+)\)", span, query)
    assert "$" not in query
    return query


def test_there_is_a_query_in_every_panel() -> None:
    """Each of a form that Grafana knows, and held to the data sets and the time that people chose."""
    found = list(queries(DASHBOARD))
    assert len(found) == len(DASHBOARD["panels"]) + 2
    assert {form for _, form in found} == {"table", "time_series", "annotation", "variable"}
    assert all("${dataset:sqlstring}" in query for query, form in found if form != "variable")
    assert all("$__timeFilter(" in query for query, form in found if form in ("time_series", "annotation"))


def test_the_data_source_holds_no_secret() -> None:
    """Host, user and password are the environment's."""
    (source,) = yaml.safe_load((GRAFANA / "postgresql.yaml").read_text(encoding="utf-8"))["datasources"]
    assert source["type"] == DASHBOARD["templating"]["list"][0]["query"]
    assert source["secureJsonData"]["password"] == "${LABELGATE_DB_READER_PASSWORD}"  # noqa: S105 - its name


@pytest.mark.postgresql
def test_every_query_finds_real_runs(
    new_postgresql: str,
    gate: Callable[..., GateResult],
    tables: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """For all data sets and for one with quotes in its name; series have what Grafana makes lines of."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import ProgrammingError
    from sqlalchemy.pool import NullPool

    monkeypatch.setenv("LABELGATE_DB", new_postgresql)
    results = [
        gate(tables / f"{source}.csv", tmp_path, name)
        for source, name in (("clean", "trees"), ("noisy", "trees"), ("noisy", QUOTED))
    ]
    assert [result.status for result in results] == ["passed", "failed", "failed"]
    newest = {result.dataset: result for result in results}
    engine = create_engine(new_postgresql, poolclass=NullPool)
    with engine.connect() as database:
        # Dropped with the transaction: a user who may read the two views and nothing else.
        database.exec_driver_sql("CREATE ROLE dashboard_reader")
        database.exec_driver_sql("GRANT SELECT ON labelgate_runs, labelgate_classes TO dashboard_reader")
        database.exec_driver_sql("SET ROLE dashboard_reader")

        def ask(query: str, *datasets: str) -> list[dict[str, Any]]:
            text = filled(query, *datasets)
            return [dict(row._mapping) for row in database.exec_driver_sql(text.replace("%", "%%"))]

        for query, form in queries(DASHBOARD):
            for chosen in (tuple(newest), (QUOTED,)):
                rows = ask(query, *chosen)
                assert rows, f"nothing for {query}"
                if form in ("time_series", "annotation"):
                    assert all(row["time"].tzinfo is not None for row in rows)
                    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
                if form == "time_series" and "metric" in rows[0]:
                    assert {type(row["value"]) for row in rows} == {float}
        by_title = {panel["title"]: panel["targets"][0]["rawSql"] for panel in DASHBOARD["panels"]}
        (verdicts,) = ask(by_title["Newest verdicts"], *newest)
        assert verdicts == {"failed": 2, "undecided": 0, "passed": 0}
        (passed,) = ask(by_title["Runs that passed"], "trees")
        assert passed == {"passed": 0.5}
        shown = {row["dataset"]: row for row in ask(by_title["Data sets"], *newest)}
        assert {name: row["noise_rate"] for name, row in shown.items()} == {
            name: result.noise_rate for name, result in newest.items()
        }
        assert len(ask(by_title["Runs"], *newest)) == 3
        assert len(ask(by_title["Worst classes"], *newest)) == 6
        ((variable, _),) = queries(DASHBOARD["templating"])
        assert {row["dataset"] for row in ask(variable)} == set(newest)
        with pytest.raises(ProgrammingError, match="permission denied"):
            ask("SELECT * FROM runs")
    engine.dispose()
