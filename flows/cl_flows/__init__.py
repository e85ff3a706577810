"""Prefect flows, configuration, history, reports and the command line.

Names are resolved on first use: the command line lives in this package and must not pay for
Prefect's import (about two seconds) to print its help.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cl_flows.config import GateConfig
    from cl_flows.gate import label_gate
    from cl_flows.outcome import GateFailed, GateResult, GateUndecided

__all__ = ["GateConfig", "GateFailed", "GateResult", "GateUndecided", "label_gate"]

_HOMES = {
    "GateConfig": "cl_flows.config",
    "GateFailed": "cl_flows.outcome",
    "GateResult": "cl_flows.outcome",
    "GateUndecided": "cl_flows.outcome",
    "label_gate": "cl_flows.gate",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'cl_flows' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
