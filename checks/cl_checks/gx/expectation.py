"""What our expectations have in common: how a limit is checked, a result laid out, and Data Docs written.

Importing this module imports Great Expectations, whose models are those of pydantic 1.
"""

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from great_expectations.compatibility import pydantic
from great_expectations.core.result_format import ResultFormat
from great_expectations.expectations.expectation import BatchExpectation, render_suite_parameter_string
from great_expectations.expectations.expectation_configuration import parse_result_format
from great_expectations.render import (
    LegacyDiagnosticRendererType,
    LegacyRendererType,
    RenderedStringTemplateContent,
)
from great_expectations.render.renderer.renderer import renderer
from great_expectations.render.renderer_configuration import RendererConfiguration, RendererValueType

from cl_checks.gx import docs_page
from cl_checks.gx.measured import IssueCounts, Measured


def a_share(value: Any, name: str) -> Any:
    """Return a share in 0..1 as a number, or a suite parameter as it is; refuse anything else.

    Great Expectations would take an empty text for an empty parameter, and true for a limit of 100 %.
    """
    if isinstance(value, dict) and value:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"{name} is {value!r}, wanted a share in 0..1")  # noqa: TRY004 - pydantic's door
    share = float(value)
    if math.isnan(share) or not 0 <= share <= 1:
        raise ValueError(f"{name} is {value!r}, wanted a share in 0..1")
    return share


class LabelExpectation(BatchExpectation, ABC):  # type: ignore[misc]
    """An expectation about the labels of a batch; not one by itself.

    A subclass names its limit and says what it found. The limit is a required field in each of them:
    Great Expectations does not store defaults, so that a stored suite would take on a new one.
    """

    limit_name: ClassVar[str]
    sentence: ClassVar[str]
    library_metadata: ClassVar[dict[str, Any]] = {
        "maturity": "EXPERIMENTAL",
        "tags": ["label noise"],
        "contributors": ["labelgate"],
    }

    @abstractmethod
    def judged(self, metrics: dict[str, Any], limit: float) -> tuple[bool, Any, dict[str, Any]]:
        """Return whether the limit is kept, the observed value, and what people should see beside it."""

    @abstractmethod
    def found(self, metrics: dict[str, Any]) -> Measured | IssueCounts:
        """Return what was measured."""

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,  # noqa: ARG002 - Great Expectations passes it by name
    ) -> dict[str, Any]:
        """Compare, and lay the result out as far as the result format wants it."""
        limit = self._get_success_kwargs()[self.limit_name]
        success, observed, details = self.judged(metrics, limit)
        wanted = parse_result_format(self._get_result_format(runtime_configuration))
        if wanted["result_format"] == ResultFormat.BOOLEAN_ONLY:
            return {"success": success}
        found = self.found(metrics)
        counts = found.counts if isinstance(found, Measured) else found
        result = {
            "observed_value": observed,
            "element_count": counts.rows,
            "unexpected_count": counts.flagged,
            "unexpected_percent": 100.0 * counts.flagged / counts.rows,
            "details": {**details, "pairs": list(counts.pairs[: docs_page.MOST_PAIRS])},
        }
        everything = wanted["result_format"] == ResultFormat.COMPLETE
        if isinstance(found, Measured):
            result |= _listed(found, wanted["partial_unexpected_count"], everything=everything)
        return {"success": success, "result": result}

    @classmethod
    def _prescriptive_template(cls, renderer_configuration: RendererConfiguration) -> RendererConfiguration:
        """Say what is expected, the limit in per cent and a severity that does not block."""
        configuration = renderer_configuration.configuration
        written = docs_page.expected(cls.sentence, cls.limit_name, configuration)
        for name, value in written.params.items():
            renderer_configuration.add_param(name, RendererValueType.STRING, value)
        renderer_configuration.template_str = written.template
        return renderer_configuration

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)  # type: ignore[untyped-decorator]
    @render_suite_parameter_string  # type: ignore[untyped-decorator]
    def _prescriptive_renderer(
        cls,
        configuration: Any = None,
        result: Any = None,
        runtime_configuration: Any = None,  # noqa: ARG003 - Great Expectations passes it by name
        **_: Any,
    ) -> list[RenderedStringTemplateContent]:
        """Write the sentence for Data Docs."""
        asked = configuration or result.expectation_config
        written = docs_page.expected(cls.sentence, cls.limit_name, asked)
        template = {"template": written.template, "params": written.params, "styling": docs_page.BADGES}
        return [RenderedStringTemplateContent(content_block_type="string_template", string_template=template)]

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.OBSERVED_VALUE)  # type: ignore[untyped-decorator]
    def _diagnostic_observed_value_renderer(
        cls,
        configuration: Any = None,  # noqa: ARG003 - Great Expectations passes it by name
        result: Any = None,
        runtime_configuration: Any = None,  # noqa: ARG003 - likewise
        **_: Any,
    ) -> str:
        """Write the observed value for Data Docs, with its interval where there is one."""
        return docs_page.observed((result.result if result else None) or {})

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.UNEXPECTED_TABLE)  # type: ignore[untyped-decorator]
    def _diagnostic_unexpected_table_renderer(
        cls,
        configuration: Any = None,  # noqa: ARG003 - Great Expectations passes it by name
        result: Any = None,
        runtime_configuration: Any = None,  # noqa: ARG003 - likewise
        **_: Any,
    ) -> Any:
        """Write the worst pairs and rows for Data Docs, the given label before the suggested one."""
        return docs_page.tables((result.result if result else None) or {})


def _listed(found: Measured, few: int, *, everything: bool) -> dict[str, Any]:
    """List the worst rows, as many as the result format wants."""
    lists: dict[str, Any] = {"partial_unexpected_list": found.worst[:few].to_dict(orient="records")}
    if found.row_index is not None:
        lists["partial_unexpected_index_list"] = list(found.row_index[:few])
    if everything:
        lists["unexpected_list"] = found.worst.to_dict(orient="records")
        if found.row_index is not None:
            lists["unexpected_index_list"] = list(found.row_index)
    return lists


class ProbabilityExpectation(LabelExpectation, ABC):
    """An expectation about given labels and out-of-sample probabilities; not one by itself."""

    label_column: str
    probability_columns: dict[str, str]
    id_column: str | None = None

    @pydantic.validator("probability_columns")  # type: ignore[untyped-decorator]
    def _two_classes(cls, value: dict[str, str]) -> dict[str, str]:  # noqa: N805 - pydantic 1 passes the class
        return two_classes(value)


def two_classes(value: dict[str, str]) -> dict[str, str]:
    """Return probability columns of two classes or more, refuse others."""
    if len(value) < 2 or len(set(value.values())) < len(value):  # noqa: PLR2004
        raise ValueError("probability_columns needs two classes or more, each with its own column")
    return value
