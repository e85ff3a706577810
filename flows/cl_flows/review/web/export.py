"""What leaves the review: a patch of the settled labels, and the gate again on the corrected data."""

from collections import Counter

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cl_flows.review.standing import Outcome, Standing
from cl_flows.review.web.downloads import settled
from cl_flows.review.web.guard import Refused
from cl_flows.review.web.jobs import Jobs
from cl_flows.review.web.progress import progress
from cl_flows.review.web.render import page
from cl_flows.review.web.shelf import shelf_of

router = APIRouter()

_MOST_PAIRS = 12
_MOST_PEOPLE = 20
_REFRESH_S = 2


@router.get("/runs/{run_id}/export")
def export(request: Request, run_id: str) -> Response:
    """Show what was settled, how far people agree, and what can be done with it."""
    shelf = shelf_of(request)
    run = shelf.opened(run_id)
    found = run.record.standing()
    values = {
        "run_id": run_id,
        "dataset": run.key.dataset,
        "counts": {outcome.value: rows for outcome, rows in found.counts.items()},
        "pairs": _pairs(found),
        "people": _people(found),
        "agreed": run.record.agreement(),
        "blind": run.record.agreement(blind_only=True),
        "progress": progress(run),
        "report": run.index.run.report,
        "has_rows": run.dataset is not None,
    }
    return page(request, "export.html.j2", values)


def _pairs(settled: Standing) -> list[tuple[str, str, int]]:
    found = Counter(
        (word.given_label, label)
        for outcome, label, word in settled.verdicts.values()
        if outcome is Outcome.RELABEL
    )
    return [(given, new, rows) for (given, new), rows in found.most_common(_MOST_PAIRS)]


def _people(settled: Standing) -> list[tuple[str, int]]:
    found = Counter(word.who for words in settled.words.values() for word in words)
    return found.most_common(_MOST_PEOPLE)


@router.post("/runs/{run_id}/regate")
def regate(request: Request, run_id: str) -> Response:
    """Start the gate again on the corrected labels."""
    shelf, jobs = shelf_of(request), jobs_of(request)
    run = shelf.opened(run_id)
    settled(run)
    output = str(shelf.output.resolve())
    job = jobs.start(run_id, ["regate", run_id, "--output", output, "--engine", "direct", "--format", "json"])
    return RedirectResponse(f"/runs/{run_id}/regate/{job.id}", status_code=303)


@router.get("/runs/{run_id}/regate/{job_id}")
def regating(request: Request, run_id: str, job_id: str) -> Response:
    """Show how the gate comes along, then its verdict beside the earlier one."""
    shelf = shelf_of(request)
    run, job = shelf.opened(run_id), jobs_of(request).find(job_id)
    if job is None or job.run_id != run_id:
        raise Refused(
            404, "this server knows no such job", "it was started anew: the list of runs has the verdict"
        )
    rows = {row.run_id: row for row in shelf.history()}
    running = job.running
    outcome = None if running else job.outcome()
    values = {
        "run_id": run_id,
        "dataset": run.key.dataset,
        "running": running,
        "log": job.log,
        "outcome": outcome,
        "before": rows.get(run_id),
        "after": rows.get(outcome.run_id) if outcome else None,
    }
    response = page(request, "regate.html.j2", values)
    if running:
        response.headers["Refresh"] = str(_REFRESH_S)
    return response


def jobs_of(request: Request) -> Jobs:
    """Return the jobs of the application that a request came to."""
    jobs = request.app.state.jobs
    assert isinstance(jobs, Jobs)  # noqa: S101 - what mypy cannot know
    return jobs
