"""The names that register with Great Expectations, all at once. Imports it when called, not before."""

from importlib import import_module
from typing import Any

_HOMES = {
    "ExpectLabelIssueShareToBeBelow": "cl_checks.gx.issue_share",
    "ExpectLabelNoiseRatePerClassToBeBelow": "cl_checks.gx.class_noise",
    "ExpectLabelNoiseRateToBeBelow": "cl_checks.gx.label_noise",
    "LabelGateAction": "cl_checks.gx.action",
    "LabelGateStopped": "cl_checks.gx.action",
}
NAMES = frozenset(_HOMES)


def registered() -> dict[str, Any]:
    """Import every one: a stored suite may hold others than the one that was asked for.

    Great Expectations drops expectations it does not know from a stored suite and calls the rest a success.
    """
    return {name: getattr(import_module(home), name) for name, home in _HOMES.items()}
