"""Great Expectations' metrics behind our expectations: which engine reads what. Neither limits nor words.

Importing this module imports Great Expectations and registers the metrics.
"""

from collections.abc import Callable
from contextlib import closing
from typing import Any

from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine import (
    PandasExecutionEngine,
    SparkDFExecutionEngine,
    SqlAlchemyExecutionEngine,
)
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.util import get_sqlalchemy_selectable

from cl_checks.gx import batch_rows
from cl_checks.gx.measured import IssueCounts, Measured, issue_counts, measure

LABEL_NOISE = "labelgate.label_noise"
LABEL_ISSUES = "labelgate.label_issues"


def _table(engine: Any, domain: dict[str, Any]) -> Any:
    table, _, _ = engine.get_compute_domain(domain_kwargs=domain, domain_type=MetricDomainTypes.TABLE)
    return table


def _measured(chunks: Callable[[list[str]], Any], asked: dict[str, Any], *, keep_index: bool) -> Measured:
    label, probabilities, key = asked["label_column"], asked["probability_columns"], asked.get("id_column")
    columns = [label, *probabilities.values(), *([key] if key else [])]
    # Closed at once: a query left open by an error would keep its connection until the next collection.
    with closing(chunks(list(dict.fromkeys(columns)))) as rows:
        return measure(rows, label, probabilities, id_column=key, keep_index=keep_index)


def _scored_columns(asked: dict[str, Any]) -> list[str]:
    return [asked["label_column"], asked["suggested_column"], asked["issue_column"]]


class LabelNoiseMetric(TableMetricProvider):  # type: ignore[misc]
    """Given labels and probabilities, measured by confident learning."""

    metric_name = LABEL_NOISE
    # Names the data the metric may see and keys its cache; the limit stays out, so that two limits
    # over one table cost one computation.
    value_keys = ("label_column", "probability_columns", "id_column")

    @metric_value(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(
        cls,  # noqa: N805 - the decorator passes the class
        execution_engine: Any,
        metric_domain_kwargs: Any,
        metric_value_kwargs: Any,
        **_: Any,
    ) -> Measured:
        table = _table(execution_engine, metric_domain_kwargs)
        return _measured(
            lambda columns: batch_rows.pandas_chunks(table, columns), metric_value_kwargs, keep_index=True
        )

    @metric_value(engine=SqlAlchemyExecutionEngine)  # type: ignore[untyped-decorator]
    def _sql(
        cls,  # noqa: N805 - the decorator passes the class
        execution_engine: Any,
        metric_domain_kwargs: Any,
        metric_value_kwargs: Any,
        **_: Any,
    ) -> Measured:
        table = get_sqlalchemy_selectable(_table(execution_engine, metric_domain_kwargs))
        return _measured(
            lambda columns: batch_rows.sql_chunks(execution_engine, table, columns),
            metric_value_kwargs,
            keep_index=False,
        )

    @metric_value(engine=SparkDFExecutionEngine)  # type: ignore[untyped-decorator]
    def _spark(
        cls,  # noqa: N805 - the decorator passes the class
        execution_engine: Any,
        metric_domain_kwargs: Any,
        metric_value_kwargs: Any,
        **_: Any,
    ) -> Measured:
        table = _table(execution_engine, metric_domain_kwargs)
        return _measured(
            lambda columns: batch_rows.spark_chunks(table, columns), metric_value_kwargs, keep_index=False
        )


class LabelIssuesMetric(TableMetricProvider):  # type: ignore[misc]
    """A scored table, counted where it lies: the database or Spark sends a row a pair of classes."""

    metric_name = LABEL_ISSUES
    value_keys = ("label_column", "suggested_column", "issue_column")

    @metric_value(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(
        cls,  # noqa: N805 - the decorator passes the class
        execution_engine: Any,
        metric_domain_kwargs: Any,
        metric_value_kwargs: Any,
        **_: Any,
    ) -> IssueCounts:
        table = _table(execution_engine, metric_domain_kwargs)
        return issue_counts(batch_rows.pandas_groups(table, _scored_columns(metric_value_kwargs)))

    @metric_value(engine=SqlAlchemyExecutionEngine)  # type: ignore[untyped-decorator]
    def _sql(
        cls,  # noqa: N805 - likewise
        execution_engine: Any,
        metric_domain_kwargs: Any,
        metric_value_kwargs: Any,
        **_: Any,
    ) -> IssueCounts:
        table = get_sqlalchemy_selectable(_table(execution_engine, metric_domain_kwargs))
        groups = batch_rows.sql_groups(execution_engine, table, _scored_columns(metric_value_kwargs))
        return issue_counts(groups)

    @metric_value(engine=SparkDFExecutionEngine)  # type: ignore[untyped-decorator]
    def _spark(
        cls,  # noqa: N805 - likewise
        execution_engine: Any,
        metric_domain_kwargs: Any,
        metric_value_kwargs: Any,
        **_: Any,
    ) -> IssueCounts:
        table = _table(execution_engine, metric_domain_kwargs)
        return issue_counts(batch_rows.spark_groups(table, _scored_columns(metric_value_kwargs)))
