"""`ExpectLabelNoiseRatePerClassToBeBelow`, for people's own Great Expectations suites.

Importing this module imports Great Expectations.
"""

import math
from typing import Any, ClassVar

from great_expectations.compatibility import pydantic
from great_expectations.core.suite_parameters import SuiteParameterDict

from cl_checks.gx.expectation import ProbabilityExpectation, a_share
from cl_checks.gx.measured import Measured
from cl_checks.gx.metrics import LABEL_NOISE


class ExpectLabelNoiseRatePerClassToBeBelow(ProbabilityExpectation):
    """Expect the share of wrong labels among those of each class to be at most a limit.

    The share of a class is what the calibrated confident joint counts off its diagonal. The observed
    value is that of the worst class. A class that labels no row has no share and breaks the limit:
    name the `classes` that must keep to it where some may be absent.

    Attributes
    ----------
    label_column, probability_columns, id_column
        As in `ExpectLabelNoiseRateToBeBelow`.
    max_noise_rate
        Largest share of any class that passes, in 0..1, or a suite parameter.
    classes
        The classes that must keep to it; all when left out.
    """

    max_noise_rate: float | SuiteParameterDict
    classes: list[str] | None = None

    limit_name: ClassVar[str] = "max_noise_rate"
    sentence: ClassVar[str] = "in each class, at most $limit of the labels in $label_column are wrong"
    metric_dependencies: ClassVar[tuple[str, ...]] = (LABEL_NOISE,)
    success_keys: ClassVar[tuple[str, ...]] = (
        "max_noise_rate",
        "label_column",
        "probability_columns",
        "id_column",
        "classes",
    )
    args_keys: ClassVar[tuple[str, ...]] = ("label_column", "max_noise_rate")

    @pydantic.validator("max_noise_rate", pre=True)  # type: ignore[untyped-decorator]
    def _limit_is_a_share(cls, value: Any) -> Any:  # noqa: N805 - a pydantic 1 validator gets the class
        return a_share(value, "max_noise_rate")

    @pydantic.validator("classes")  # type: ignore[untyped-decorator]
    def _known_classes(cls, value: list[str] | None, values: dict[str, Any]) -> list[str] | None:  # noqa: N805
        unknown = sorted(set(value or ()).difference(values.get("probability_columns") or ()))
        if unknown or value == []:
            raise ValueError(f"classes names {unknown or 'no class'}, wanted names from probability_columns")
        return value

    def found(self, metrics: dict[str, Any]) -> Measured:
        """Return what was measured."""
        measured: Measured = metrics[LABEL_NOISE]
        return measured

    def judged(self, metrics: dict[str, Any], limit: float) -> tuple[bool, float | None, dict[str, Any]]:
        """Compare each class; a class without rows is over every limit."""
        table = self.found(metrics).evidence.class_table
        asked = table[table["label"].isin(self.classes)] if self.classes else table
        rates = [
            {"label": label, "rows": int(rows), "noise_rate": None if math.isnan(rate) else float(rate)}
            for label, rows, rate in zip(asked["label"], asked["rows"], asked["noise_rate"], strict=True)
        ]
        rates.sort(key=lambda one: math.inf if one["noise_rate"] is None else one["noise_rate"], reverse=True)
        over = [one for one in rates if one["noise_rate"] is None or one["noise_rate"] > limit]
        known = [one for one in rates if one["noise_rate"] is not None]
        details = {"classes": rates, "over_limit": over, "class": known[0]["label"] if known else None}
        return not over, known[0]["noise_rate"] if known else None, details
