"""Great Expectations beside the verdict: a process that warms up early, asked once at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cl_checks import reconcile, request_for
from cl_checks.gx.process import ExpectationsProcess
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
    name = scored.parent.name.strip(".")
    request = request_for(judgement, scored=scored, n_rows=evidence.n_rows, run_name=name)
    return reconcile(judgement, worker.validate(request, timeout_s=_TIMEOUT_S))
