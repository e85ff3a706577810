"""The gate's policy: checks, verdicts and the Great Expectations run beside them."""

from cl_checks.judge import ConfiguredCheck, judge

__all__ = ["ConfiguredCheck", "judge"]
