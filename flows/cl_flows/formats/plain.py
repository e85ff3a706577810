"""The report as JSON, as the run wrote it; an error as an object with the one key ``error``."""

import json

from cl_flows.formats.told import Told


def render(told: Told) -> str:
    """Return the JSON document."""
    if told.report is None:
        return json.dumps({"error": dict(told.error or {})})
    return json.dumps(told.report, indent=2, ensure_ascii=False, allow_nan=False)
