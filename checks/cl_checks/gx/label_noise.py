"""`ExpectLabelNoiseRateToBeBelow`, for people's own Great Expectations suites. The gate does not use it.

Importing this module imports Great Expectations.
"""

from typing import Any, ClassVar

from great_expectations.compatibility import pydantic
from great_expectations.core.suite_parameters import SuiteParameterDict

from cl_checks.gx.expectation import ProbabilityExpectation, a_share
from cl_checks.gx.measured import Measured
from cl_checks.gx.metrics import LABEL_NOISE


class ExpectLabelNoiseRateToBeBelow(ProbabilityExpectation):
    """Expect the estimated share of wrong labels to be at most a limit.

    A rate that the data do not pin down is not below anything. pandas, SQL and Spark batches give the
    same number to the bit; a missing label, a label without a column, a bad probability or an empty
    batch is an error inside, never a success.

    Attributes
    ----------
    label_column
        Column of the given labels.
    probability_columns
        For each class name, the column of its out-of-sample probability.
    max_noise_rate
        Largest share that passes, in 0..1, or a suite parameter.
    id_column
        Column by which people find a row again; listed with the worst rows.
    """

    max_noise_rate: float | SuiteParameterDict

    limit_name: ClassVar[str] = "max_noise_rate"
    sentence: ClassVar[str] = "at most $limit of the labels in $label_column are estimated to be wrong"
    metric_dependencies: ClassVar[tuple[str, ...]] = (LABEL_NOISE,)
    success_keys: ClassVar[tuple[str, ...]] = (
        "max_noise_rate",
        "label_column",
        "probability_columns",
        "id_column",
    )
    args_keys: ClassVar[tuple[str, ...]] = ("label_column", "max_noise_rate")

    @pydantic.validator("max_noise_rate", pre=True)  # type: ignore[untyped-decorator]
    def _limit_is_a_share(cls, value: Any) -> Any:  # noqa: N805 - a pydantic 1 validator gets the class
        return a_share(value, "max_noise_rate")

    def found(self, metrics: dict[str, Any]) -> Measured:
        """Return what was measured."""
        measured: Measured = metrics[LABEL_NOISE]
        return measured

    def judged(self, metrics: dict[str, Any], limit: float) -> tuple[bool, float, dict[str, Any]]:
        """Compare the rate; the interval and whether it is identified go on record."""
        noise = self.found(metrics).evidence.noise
        details = {"interval": [noise.low, noise.high], "identified": noise.identified}
        return bool(noise.identified and noise.rate <= limit), noise.rate, details
