"""The gate as subflow of a flow that runs in another process. Prefect knows it under its parent."""

import pickle
from typing import Any

from prefect.context import hydrated_context, serialize_context

from cl_flows.config import GateConfig
from cl_flows.gate import label_gate
from cl_flows.outcome import GateFailed, GateResult, GateUndecided, SuiteFailed


def parent_context() -> bytes:
    """Pickle the context of the flow that runs here, for gates in other processes."""
    found = serialize_context()
    # The function of a flow cannot be pickled by its name, which is the flow's; no subflow calls it.
    found["flow_run_context"]["flow"] = None
    return pickle.dumps(found)


def run_subflow(config: GateConfig, context: bytes, *, name: str, advisory: bool) -> GateResult:
    """Run the gate below the flow whose pickled `context` this is; return the verdict, whatever it is."""
    found: dict[str, Any] = pickle.loads(context)  # noqa: S301 - comes from our own parent, by a pipe
    found["flow_run_context"]["flow"] = label_gate
    with hydrated_context(found):
        try:
            return label_gate.with_options(flow_run_name=name)(config, advisory=advisory)
        except SuiteFailed:
            raise
        except (GateFailed, GateUndecided) as verdict:
            return verdict.result
