"""`ExpectLabelIssueShareToBeBelow`, for people's own Great Expectations suites.

Importing this module imports Great Expectations.
"""

from typing import Any, ClassVar

from great_expectations.compatibility import pydantic
from great_expectations.core.suite_parameters import SuiteParameterDict

from cl_checks.gx.expectation import LabelExpectation, a_share, two_classes
from cl_checks.gx.measured import IssueCounts, Measured
from cl_checks.gx.metrics import LABEL_ISSUES, LABEL_NOISE


class ExpectLabelIssueShareToBeBelow(LabelExpectation):
    """Expect the share of rows called a label issue to be at most a limit.

    Over a table of labels and probabilities the issues are found; over a scored table they are
    counted where they lie, so that a database sends one row a pair of classes. The share of flagged
    rows is no estimate of the noise rate: it is what people would have to look at.

    Attributes
    ----------
    label_column
        Column of the given labels.
    max_issue_share
        Largest share that passes, in 0..1, or a suite parameter.
    probability_columns
        For each class name, the column of its out-of-sample probability; or the next two.
    suggested_column, issue_column
        The suggested labels and the flags of a scored table.
    id_column
        Column by which people find a row again; with probabilities only.
    """

    label_column: str
    max_issue_share: float | SuiteParameterDict
    probability_columns: dict[str, str] | None = None
    suggested_column: str | None = None
    issue_column: str | None = None
    id_column: str | None = None

    limit_name: ClassVar[str] = "max_issue_share"
    sentence: ClassVar[str] = "at most $limit of the rows are label issues, judged by $label_column"
    success_keys: ClassVar[tuple[str, ...]] = (
        "max_issue_share",
        "label_column",
        "probability_columns",
        "suggested_column",
        "issue_column",
        "id_column",
    )
    args_keys: ClassVar[tuple[str, ...]] = ("label_column", "max_issue_share")

    @pydantic.validator("max_issue_share", pre=True)  # type: ignore[untyped-decorator]
    def _limit_is_a_share(cls, value: Any) -> Any:  # noqa: N805 - a pydantic 1 validator gets the class
        return a_share(value, "max_issue_share")

    @pydantic.validator("probability_columns")  # type: ignore[untyped-decorator]
    def _two_classes(cls, value: dict[str, str] | None) -> dict[str, str] | None:  # noqa: N805
        return value if value is None else two_classes(value)

    @pydantic.root_validator(skip_on_failure=True)  # type: ignore[untyped-decorator]
    def _one_kind_of_table(cls, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N805
        scored = [values.get("suggested_column"), values.get("issue_column")]
        named = [values.get("probability_columns"), *scored]
        if named not in ([named[0], None, None], [None, *scored]) or (named[0] is None and not all(scored)):
            raise ValueError("wanted probability_columns, or suggested_column and issue_column, not both")
        return values

    @property
    def metric_dependencies(self) -> tuple[str, ...]:
        """The metric that reads this kind of table."""
        return (LABEL_ISSUES if self.probability_columns is None else LABEL_NOISE,)

    def found(self, metrics: dict[str, Any]) -> Measured | IssueCounts:
        """Return what was measured or counted."""
        measured: Measured | IssueCounts = metrics[self.metric_dependencies[0]]
        return measured

    def judged(self, metrics: dict[str, Any], limit: float) -> tuple[bool, float, dict[str, Any]]:
        """Compare the share of flagged rows."""
        found = self.found(metrics)
        counts = found.counts if isinstance(found, Measured) else found
        share = counts.flagged / counts.rows
        return share <= limit, share, {}
