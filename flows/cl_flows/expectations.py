"""Great Expectations beside the verdict: a process that warms up early, asked once at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cl_checks import noise_budget
from cl_checks.expectations import ValidationRequest
from cl_checks.gx_process import ExpectationsProcess
from cl_checks.reconcile import reconcile
from cl_core.errors import GateError
from cl_core.evidence import Evidence
from cl_core.verdict import Judgement

# Its import alone takes 5 to 9 seconds of one core; a table of ten million rows about 20 more.
_TIMEOUT_S = 300.0


@contextmanager
def expectations_worker(*, wanted: bool) -> Iterator[ExpectationsProcess | None]:
    """Start Great Expectations now, so that it is ready when the verdict is."""
    if not wanted:
        yield None
        return
    with ExpectationsProcess() as worker:
        yield worker


def cross_checked(
    judgement: Judgement, evidence: Evidence, scored: Path, worker: ExpectationsProcess | None
) -> Judgement:
    """Return the judgement with Great Expectations' agreement on record; a disagreement raises."""
    if worker is None:
        return judgement
    budget = next((check for check in judgement.checks if check.code == noise_budget.CODE), None)
    if budget is None or budget.measured is None or budget.limit is None:
        raise GateError(
            f"{noise_budget.CODE} compared no numbers that Great Expectations could check",
            hint="this is a fault of labelgate: report it with this run",
        )
    request = ValidationRequest(
        scored=str(scored),
        noise_rate=budget.measured,
        max_noise_rate=budget.limit,
        min_rows=1,
        n_rows=evidence.n_rows,
        run_name=scored.parent.name.strip("."),
    )
    return reconcile(judgement, worker.validate(request, timeout_s=_TIMEOUT_S))
