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
    from cl_flows.pandera_check import label_noise_at_most
    from cl_flows.quick import run_gate

__all__ = [
    "GateConfig",
    "GateFailed",
    "GateResult",
    "GateUndecided",
    "label_gate",
    "label_noise_at_most",
    "run_gate",
]

_HOMES = {
    "GateConfig": "cl_flows.config",
    "GateFailed": "cl_flows.outcome",
    "GateResult": "cl_flows.outcome",
    "GateUndecided": "cl_flows.outcome",
    "label_gate": "cl_flows.gate",
    "label_noise_at_most": "cl_flows.pandera_check",
    "run_gate": "cl_flows.quick",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'cl_flows' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
