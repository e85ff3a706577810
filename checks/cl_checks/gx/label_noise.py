"""An expectation about label noise for people's own Great Expectations suites. The gate does not use it.

Importing this module imports Great Expectations. A stored suite that names the expectation must be
loaded after this import: Great Expectations drops expectations it does not know and calls the rest a success.
"""

import math
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from great_expectations.compatibility import pydantic
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.result_format import ResultFormat
from great_expectations.core.suite_parameters import SuiteParameterDict
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.expectation_configuration import parse_result_format
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.render.renderer_configuration import RendererConfiguration, RendererValueType

from cl_core.errors import InputError
from cl_core.evidence import Evidence, assess

_METRIC = "labelgate.label_noise"


def measure(table: pd.DataFrame, label_column: str, probability_columns: dict[str, str]) -> Evidence:
    """Assess the labels of a table that holds labels and probabilities.

    Nothing is left out: a missing label, a label without a column or a bad probability is an error.

    Examples
    --------
    >>> table = pd.DataFrame({"y": ["a", "a", "a", "b"], "pa": [0.9, 0.8, 0.1, 0.2]})
    >>> table["pb"] = 1 - table["pa"]
    >>> measure(table, "y", {"a": "pa", "b": "pb"}).n_flagged
    1
    """
    missing = {label_column, *probability_columns.values()}.difference(table.columns)
    if missing:
        raise InputError(
            f"the table has no column {', '.join(sorted(map(str, missing)))}",
            hint=f"it has {', '.join(map(str, table.columns))}",
        )
    classes = sorted(probability_columns)
    number = {name: i for i, name in enumerate(classes)}
    # Names in a suite are JSON keys, hence text; the labels may be anything that is written like them.
    written = table[label_column].map(str, na_action="ignore")
    unknown = written[~written.isin(classes)]
    if len(unknown):
        raise InputError(
            f"{len(unknown):,} labels of {label_column!r} are missing or have no probability column, "
            f"the first is {table[label_column].loc[unknown.index[0]]!r}",
            hint=f"known classes: {', '.join(classes[:10])}",
        )
    codes = written.map(number).to_numpy(dtype=np.intp)
    probs = table[[probability_columns[name] for name in classes]].to_numpy(dtype=np.float64)
    return assess(codes, probs, classes=classes)


class LabelNoiseMetric(TableMetricProvider):  # type: ignore[misc]
    """Great Expectations' metric behind `ExpectLabelNoiseRateToBeBelow`."""

    metric_name = _METRIC
    # Names the data the metric may see and keys its cache; the limit stays out, so that two limits
    # over one table cost one computation.
    value_keys = ("label_column", "probability_columns")

    @metric_value(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(
        cls,  # noqa: N805 - the decorator passes the class
        execution_engine: PandasExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],  # noqa: ARG002 - Great Expectations passes all by name
        runtime_configuration: dict[str, Any],  # noqa: ARG002
    ) -> dict[str, Any]:
        table, _, _ = execution_engine.get_compute_domain(
            domain_kwargs=metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE
        )
        found = measure(
            table, metric_value_kwargs["label_column"], dict(metric_value_kwargs["probability_columns"])
        )
        flagged = found.scored["is_label_issue"].to_numpy()
        worst = found.scored[flagged].sort_values("rank")
        shown = ["given_label", "suggested_label", "label_quality"]
        return {
            "rate": found.noise.rate,
            "interval": [found.noise.low, found.noise.high],
            "identified": found.noise.identified,
            "rows": found.n_rows,
            "flagged": found.n_flagged,
            "worst": worst[shown].to_dict(orient="records"),
            "worst_index": table.index[worst.index].tolist(),
        }


class ExpectLabelNoiseRateToBeBelow(BatchExpectation):  # type: ignore[misc]
    """Expect the estimated share of wrong labels to be at most a limit.

    Attributes
    ----------
    label_column
        Column of the given labels.
    probability_columns
        For each class name, the column of its out-of-sample probability.
    max_noise_rate
        Largest share that passes, in 0..1, or a suite parameter. Required: Great Expectations does not
        store defaults, so that a stored suite would take on a new one.
    """

    label_column: str
    probability_columns: dict[str, str]
    max_noise_rate: float | SuiteParameterDict

    metric_dependencies: ClassVar[tuple[str, ...]] = (_METRIC,)
    domain_keys: ClassVar[tuple[str, ...]] = ("batch_id", "label_column")
    success_keys: ClassVar[tuple[str, ...]] = ("max_noise_rate", "label_column", "probability_columns")
    args_keys: ClassVar[tuple[str, ...]] = ("label_column", "max_noise_rate")
    library_metadata: ClassVar[dict[str, Any]] = {
        "maturity": "EXPERIMENTAL",
        "tags": ["label noise"],
        "contributors": ["labelgate"],
    }

    @pydantic.validator("max_noise_rate", pre=True)  # type: ignore[untyped-decorator]
    def _a_share(cls, value: Any) -> Any:  # noqa: N805 - a pydantic v1 validator gets the class
        if isinstance(value, dict) and value:
            return value
        # An empty text would become an empty suite parameter, and true a limit of 100 %.
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError(f"max_noise_rate is {value!r}, wanted a share in 0..1")  # noqa: TRY004
        share = float(value)
        if math.isnan(share) or not 0 <= share <= 1:
            raise ValueError(f"max_noise_rate is {value!r}, wanted a share in 0..1")
        return share

    @pydantic.validator("probability_columns")  # type: ignore[untyped-decorator]
    def _two_classes(cls, value: dict[str, str]) -> dict[str, str]:  # noqa: N805
        if len(value) < 2 or len(set(value.values())) < len(value):  # noqa: PLR2004
            raise ValueError("probability_columns needs two classes or more, each with its own column")
        return value

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,  # noqa: ARG002 - Great Expectations passes it by name
    ) -> dict[str, Any]:
        """Compare; a rate that the data do not identify is not below anything."""
        found, limit = metrics[_METRIC], self._get_success_kwargs()["max_noise_rate"]
        success = bool(found["identified"] and found["rate"] <= limit)
        wanted = parse_result_format(self._get_result_format(runtime_configuration))
        if wanted["result_format"] == ResultFormat.BOOLEAN_ONLY:
            return {"success": success}
        few = wanted["partial_unexpected_count"]
        result = {
            "observed_value": found["rate"],
            "element_count": found["rows"],
            "unexpected_count": found["flagged"],
            "unexpected_percent": 100.0 * found["flagged"] / found["rows"],
            "partial_unexpected_list": found["worst"][:few],
            "partial_unexpected_index_list": found["worst_index"][:few],
            "details": {"interval": found["interval"], "identified": found["identified"]},
        }
        if wanted["result_format"] == ResultFormat.COMPLETE:
            result |= {"unexpected_list": found["worst"], "unexpected_index_list": found["worst_index"]}
        return {"success": success, "result": result}

    @classmethod
    def _prescriptive_template(cls, renderer_configuration: RendererConfiguration) -> RendererConfiguration:
        """Say in Data Docs what is expected."""
        renderer_configuration.add_param("label_column", RendererValueType.STRING)
        renderer_configuration.add_param("max_noise_rate", RendererValueType.NUMBER)
        renderer_configuration.template_str = (
            "at most $max_noise_rate of the labels in $label_column are estimated to be wrong"
        )
        return renderer_configuration
