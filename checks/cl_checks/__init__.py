"""The gate's policy: checks, verdicts and the Great Expectations run beside them.

The names that need Great Expectations, whose import takes seconds, are imported when they are asked for.
"""

from typing import TYPE_CHECKING, Any

from cl_checks.gx.scored import ValidationRequest, request_for, validate_request, validate_scored
from cl_checks.gx.unanswered import refuse_unanswered
from cl_checks.judge import ConfiguredCheck, judge
from cl_checks.policy import PRESETS, Policy, Preset
from cl_checks.reconcile import reconcile

if TYPE_CHECKING:
    from cl_checks.gx.action import LabelGateAction, LabelGateStopped
    from cl_checks.gx.class_noise import ExpectLabelNoiseRatePerClassToBeBelow
    from cl_checks.gx.issue_share import ExpectLabelIssueShareToBeBelow
    from cl_checks.gx.label_noise import ExpectLabelNoiseRateToBeBelow

__all__ = [
    "PRESETS",
    "ConfiguredCheck",
    "ExpectLabelIssueShareToBeBelow",
    "ExpectLabelNoiseRatePerClassToBeBelow",
    "ExpectLabelNoiseRateToBeBelow",
    "LabelGateAction",
    "LabelGateStopped",
    "Policy",
    "Preset",
    "ValidationRequest",
    "judge",
    "reconcile",
    "refuse_unanswered",
    "request_for",
    "validate_request",
    "validate_scored",
]


def __getattr__(name: str) -> Any:
    """Import all that registers with Great Expectations as soon as one name of it is asked for."""
    from cl_checks.gx.registered import NAMES, registered

    if name not in NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return registered()[name]
