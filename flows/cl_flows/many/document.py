"""Many gates for machines: strict JSON with stable keys, described by schema.json beside this module."""

from typing import Any

from cl_flows.many.entry import GateEntry, GatesResult
from cl_flows.outcome import GateResult
from cl_flows.report.document import to_plain

SCHEMA_VERSION = 1


def gates_json(found: GatesResult) -> dict[str, Any]:
    """Return the verdict of all and an entry a gate as plain values; what does not exist is null."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "status": found.status,
        "exit_code": int(found.exit_code),
        "says": found.says,
        "gates": [_entry(one) for one in found.gates],
    }
    plain: dict[str, Any] = to_plain(document)
    return plain


def _entry(one: GateEntry) -> dict[str, Any]:
    return {
        "source": one.source,
        "status": one.status,
        "says": one.says,
        "hint": one.hint,
        "error": one.error or None,
        "run": None if one.result is None else _run(one.result),
    }


def _run(result: GateResult) -> dict[str, Any]:
    return {
        "id": result.run_id,
        "dataset": result.dataset,
        "folder": result.folder,
        "noise_rate": result.noise_rate,
        "low": result.low,
        "high": result.high,
        "max_noise_rate": result.max_noise_rate,
        "rows": result.n_rows,
        "flagged": result.n_flagged,
        "warnings": list(result.warnings),
    }
