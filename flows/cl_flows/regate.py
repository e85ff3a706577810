"""The gate again for an earlier run, on corrected labels, as a Prefect flow."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from prefect import flow

from cl_flows.gate import label_gate
from cl_flows.many.jobs import Job
from cl_flows.many.prepared import gates_or
from cl_flows.outcome import GateFailed, GateResult, GateUndecided
from cl_flows.regating import refused_leaves_no_copy, regate_config, regate_job
from cl_flows.states import advised, stopped_by

if TYPE_CHECKING:
    from cl_flows.config import GateConfig


@flow(name="regate", retries=0, validate_parameters=True)
def regate(
    run: str,
    *,
    patch: Path | None = None,
    config: Path | None = None,
    new_classes: Sequence[str] = (),
    output: Path = Path("labelgate-runs"),
    advisory: bool = False,
) -> GateResult:
    """Judge an earlier run again, with its settings, on labels that people corrected.

    Parameters
    ----------
    run
        The run, by the beginning of its id; ``last`` is the newest one.
    patch
        The corrections, a CSV file of ``id,old,new,action,who,when,why``; what people settled in review when
        None.
    config
        The gate.yaml of that run, whose data are then read again; what the run left when None.
    new_classes
        Classes that the patch may bring in though no row of the data has them.
    output
        Folder of runs and history.
    advisory
        Only tell: see `label_gate`.

    Returns
    -------
    GateResult
        Of the corrected labels. History marks the new run as one that judges the earlier one again.

    Raises
    ------
    GateFailed, GateUndecided
        As `label_gate` does; this flow's state has the same name.
    InputError
        For data that are not those of the run any more, and a patch that does not fit them.
    """

    def made() -> list[Job]:
        what = regate_config(run, output=output, patch=patch, config=config, new_classes=new_classes)
        return [regate_job(*what)]

    (job,), _ = gates_or(made)
    gate, ready = label_gate.with_options(flow_run_name=job.name), cast("GateConfig", job.config)
    try:
        with refused_leaves_no_copy(ready):
            result = gate(ready, advisory=advisory)
    except (GateFailed, GateUndecided) as verdict:
        return cast("GateResult", stopped_by(verdict))
    return result if result.status == "passed" else cast("GateResult", advised(result))
