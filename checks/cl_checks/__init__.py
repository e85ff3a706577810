"""The gate's policy: checks, verdicts and the Great Expectations run beside them."""

from cl_checks.gx.scored import ValidationRequest, request_for, validate_request, validate_scored
from cl_checks.judge import ConfiguredCheck, judge
from cl_checks.reconcile import reconcile

__all__ = [
    "ConfiguredCheck",
    "ValidationRequest",
    "judge",
    "reconcile",
    "request_for",
    "validate_request",
    "validate_scored",
]
