"""Whether plugins load, and whether a given gate.yaml can run with them. Runs none of them."""

from pathlib import Path

from cl_core.errors import LabelgateError
from cl_core.plugins import survey_plugins
from cl_flows.doctor.finding import Finding


def look_at_plugins() -> list[Finding]:
    """Say how many plugins are sound and what is wrong with the others."""
    offers, faults = survey_plugins()
    broken = [
        Finding(
            "plugins", "problem", f"{fault.distribution} {fault.version}: {fault.error}", fault.error.hint
        )
        for fault in faults
    ]
    waiting = sorted({offer.plugin.name for offer in offers if offer.missing})
    more = f"; {len(waiting)} wait for an extra ({', '.join(waiting)})" if waiting else ""
    return [Finding("plugins", "ok", f"{len(offers)} plugins loaded{more}"), *broken]


def look_at_gate(gate: Path) -> tuple[list[Finding], Path | None]:
    """Say whether the gate.yaml can run here, and return its folder of results."""
    from cl_flows.config import load_config
    from cl_flows.plan import make_plan

    try:
        config = load_config(gate)
        make_plan(config)
    except LabelgateError as error:
        return [Finding("gate", "problem", f"{gate}: {error}", error.hint)], None
    return [Finding("gate", "ok", f"{gate} can run")], config.output.folder
