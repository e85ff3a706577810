"""The same rows in pandas, SQLite, PostgreSQL and Spark: the same numbers to the bit, the same refusals."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from cl_checks.gx import batch_rows
from cl_checks.gx.suite_run import exception_in

pytestmark = pytest.mark.gx

COLUMNS = {"cat": "p_cat", "dog": "p_dog", "owl": "p_owl"}
Put = Callable[[pd.DataFrame], Any]


@pytest.fixture
def pandas_batch(own_context: Any) -> Put:
    """Give a way to put a table into a pandas batch."""

    def put(table: pd.DataFrame) -> Any:
        asset = own_context.data_sources.add_pandas("here").add_dataframe_asset("own")
        return asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": table})

    return put


def sql_batch(context: Any, url: str, table: pd.DataFrame, *, query: bool) -> Any:
    """Write a table to a database and return the batch, of the table or of a query over it."""
    engine = sa.create_engine(url)
    table.reset_index(names="row").to_sql("animals", engine, index=False, if_exists="replace")
    engine.dispose()
    sources = context.data_sources
    add = sources.add_sqlite if url.startswith("sqlite") else sources.add_postgres
    source = add("own", connection_string=url)
    if query:
        asset = source.add_query_asset("own", query="SELECT * FROM animals WHERE p_cat >= 0 OR p_cat IS NULL")
    else:
        asset = source.add_table_asset("own", table_name="animals")
    return asset.add_batch_definition_whole_table("all").get_batch()


@pytest.fixture(
    params=[
        "sqlite",
        "sqlite query",
        pytest.param("postgresql", marks=pytest.mark.postgresql),
        pytest.param("postgresql query", marks=pytest.mark.postgresql),
        pytest.param(
            "spark",
            marks=[
                pytest.mark.extra,
                pytest.mark.spark,
                pytest.mark.filterwarnings("ignore:PySpark does not yet fully support:FutureWarning"),
                pytest.mark.filterwarnings("ignore::ResourceWarning"),  # its gateway's sockets
            ],
        ),
    ]
)
def put(request: pytest.FixtureRequest, own_context: Any, tmp_path: Path) -> Iterator[Put]:
    """Give a way to put a table where one of the engines reads it."""
    kind, _, query = request.param.partition(" ")
    if kind == "spark":
        session = request.getfixturevalue("spark")

        def on_spark(table: pd.DataFrame) -> Any:
            flat = table.reset_index(names="row")
            kinds = {"animal": "string", "suggested": "string", "issue": "boolean", "row": "bigint"}
            types = ", ".join(f"{name} {kinds.get(name, 'double')}" for name in flat.columns)
            rows = session.createDataFrame(list(flat.itertuples(index=False, name=None)), types)
            asset = own_context.data_sources.add_spark("own").add_dataframe_asset("own")
            return asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": rows})

        yield on_spark
        return
    url = (
        f"sqlite:///{tmp_path / 'own.db'}" if kind == "sqlite" else request.getfixturevalue("postgresql_url")
    )
    yield lambda table: sql_batch(own_context, url, table, query=bool(query))
    for source in own_context.data_sources.all().values():  # Great Expectations leaves connections open
        if hasattr(source, "get_engine"):
            source.get_execution_engine().close()
            source.get_engine().dispose()


def test_every_engine_measures_the_same(
    put: Put, pandas_batch: Put, table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rate, interval, flagged rows, pairs and worst rows do not depend on where the rows lie."""
    from cl_checks import ExpectLabelNoiseRatePerClassToBeBelow, ExpectLabelNoiseRateToBeBelow

    monkeypatch.setattr(batch_rows, "CHUNK_ROWS", 64)  # several chunks, the last one short
    here, there = pandas_batch(table.reset_index(names="row")), put(table)
    for expectation in (ExpectLabelNoiseRateToBeBelow, ExpectLabelNoiseRatePerClassToBeBelow):
        asked = {"label_column": "animal", "probability_columns": COLUMNS, "id_column": "row"}
        ours, theirs = (
            batch.validate(expectation(**asked, max_noise_rate=0.05), result_format="SUMMARY")
            for batch in (here, there)
        )
        assert ours.success is theirs.success is False
        mine = {k: v for k, v in ours.result.items() if k != "partial_unexpected_index_list"}
        assert theirs.result == mine
        assert mine["unexpected_count"] > 20
        first = mine["partial_unexpected_list"][0]
        assert first["given_label"] == table.loc[first["id"], "animal"]


def test_a_scored_table_is_counted_where_it_lies(put: Put, table: pd.DataFrame) -> None:
    """Three of 300 rows are flagged, one cat as a dog and two owls as cats."""
    from cl_checks import ExpectLabelIssueShareToBeBelow

    scored = table[["animal"]].assign(suggested=table["animal"], issue=False)
    rows = [*table.index[table["animal"] == "owl"][:2], *table.index[table["animal"] == "cat"][:1]]
    scored.loc[rows, "issue"] = True
    scored.loc[rows, "suggested"] = ["cat", "cat", "dog"]
    batch = put(scored.assign(p_cat=0.5))
    for limit, success in ((0.01, True), (0.0099, False)):
        asked = ExpectLabelIssueShareToBeBelow(
            label_column="animal", suggested_column="suggested", issue_column="issue", max_issue_share=limit
        )
        found = batch.validate(asked, result_format="SUMMARY")
        assert found.success is success
        assert found.result["observed_value"] == 0.01
        assert found.result["details"]["pairs"] == [
            {"given_label": "owl", "suggested_label": "cat", "rows": 2},
            {"given_label": "cat", "suggested_label": "dog", "rows": 1},
        ]


@pytest.mark.parametrize("fault", ["no rows", "missing label", "unknown label", "nan", "sum", "column"])
def test_what_cannot_be_measured_does_not_pass(put: Put, table: pd.DataFrame, fault: str) -> None:
    """Bad cells, no rows or a missing column are an exception inside, never a success."""
    from cl_checks import ExpectLabelNoiseRateToBeBelow

    row = table.index[7]
    damaged = {
        "no rows": lambda: table.iloc[:0],
        "missing label": lambda: table.assign(animal=table["animal"].where(table.index != row)),
        "unknown label": lambda: table.replace({"animal": {"owl": "eagle"}}),
        "nan": lambda: table.assign(p_cat=table["p_cat"].where(table.index != row)),
        "sum": lambda: table.assign(p_cat=table["p_cat"] * 2),
        "column": lambda: table.drop(columns="p_owl"),
    }[fault]()
    asked = ExpectLabelNoiseRateToBeBelow(
        label_column="animal", probability_columns=COLUMNS, max_noise_rate=1.0
    )
    result = put(damaged).validate(asked).to_json_dict()
    assert result["success"] is False
    assert exception_in(result)
