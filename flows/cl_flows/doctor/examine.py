"""The order in which the doctor looks at things. What each one means is in its own file."""

from pathlib import Path

from cl_flows.doctor.finding import Finding
from cl_flows.doctor.places import look_at_history, look_at_home, look_at_results, look_at_waiting
from cl_flows.doctor.plugins import look_at_gate, look_at_plugins
from cl_flows.doctor.server import look_at_server
from cl_flows.doctor.surroundings import look_at_proxies, look_at_telemetry, look_at_threads
from cl_flows.doctor.versions import look_at_versions


def examine(output: Path, gate: Path | None = None) -> list[Finding]:
    """Look at everything a gate needs; a fault in one place keeps no other from being looked at.

    Parameters
    ----------
    output
        Folder of runs and history.
    gate
        A gate.yaml that is to run here, with its plugins and its own folder of results.
    """
    findings, folder = look_at_gate(gate) if gate else ([], None)
    results = folder or output
    return [
        *look_at_versions(),
        *look_at_plugins(),
        *findings,
        *look_at_results(results),
        *look_at_history(results),
        *look_at_waiting(results),
        *look_at_home(),
        *look_at_server(),
        *look_at_proxies(),
        *look_at_telemetry(),
        *look_at_threads(),
    ]
