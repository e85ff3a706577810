"""What must hold of the records, whatever went wrong. Pure functions: records in, violations out."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from operator import attrgetter

from soak.records import VERDICT_STATES, Fault, FlowRun, Post, Records, Row
from soak.stage import FULL, GONE, TRUTH, Case

# A run that a fault hit may end this much later: heartbeats are missed after 90 seconds.
_AFTERMATH = timedelta(seconds=150)
# Clocks of two processes on one machine, and Prefect's own rounding.
_SLACK = timedelta(seconds=1)
_TASKS = 5


def violations(records: Records, cases: Sequence[Case]) -> list[str]:
    """Return everything that must not be, a sentence each; an empty list is a passed soak."""
    by_name = {case.name: case for case in cases}
    checks: tuple[Callable[[], Iterator[str]], ...] = (
        lambda: _ends(records, by_name),
        lambda: _truth(records),
        lambda: _one_row_each(records),
        lambda: _folders(records),
        lambda: _alerts(records),
        lambda: _automated(records),
        lambda: _tasks(records),
        lambda: iter(records.leftovers),
        lambda: (f"the alert of run {run} is still owed" for run in records.owed),
    )
    return [said for check in checks for said in check()]


def _ends(records: Records, cases: Mapping[str, Case]) -> Iterator[str]:
    """Every run ends with a verdict, or a crash that says why, and only where there was a reason."""
    for run in records.runs:
        if not run.is_final:
            yield f"{_named(run)} has not ended: {run.state} {run.message!r}"
        elif run.state in VERDICT_STATES:
            if cases[run.dataset].crashes and "hangs" in run.dataset:
                yield f"{_named(run)} has a verdict, and its model never answered"
        elif run.state == "Cancelled":
            if "concurrency" not in run.message.lower():
                yield f"{_named(run)} was cancelled: {run.message!r}"
        elif not _is_explained(run, cases[run.dataset], records):
            yield f"{_named(run)} crashed without a reason of ours: {run.state} {run.message!r}"


def _is_explained(run: FlowRun, case: Case, records: Records) -> bool:
    if not run.message:
        return False
    if case.crashes and case.crashes in run.message:
        return case.name != "hangs-lock" or "did not answer within" in records.worker_log
    return any(_overlaps(run, fault.begun, fault.ended + _AFTERMATH) for fault in _processes(records))


def _processes(records: Records) -> list[Fault]:
    return [fault for fault in records.faults if "worker" in fault.what or "server" in fault.what]


def _truth(records: Records) -> Iterator[str]:
    """Hold each verdict against the rows that were judged."""
    for row in records.rows:
        true = TRUTH.get(row.n_rows)
        if true != row.status:
            yield f"run {row.run_id} of {row.dataset} {row.status} on {row.n_rows} rows: {true} is true"


def _one_row_each(records: Records) -> Iterator[str]:
    """Each verdict in Prefect is one row of history, and each row belongs to one flow run."""
    claimed: dict[str, list[FlowRun]] = {row.run_id: [] for row in records.rows}
    for run in records.runs:
        rows = _rows_of(run, records)
        for row in rows:
            claimed[row.run_id].append(run)
        wanted = VERDICT_STATES.get(run.state)
        if wanted is not None and [row.status for row in rows] != [wanted]:
            yield f"{_named(run)} is {run.state}; in history: {[row.status for row in rows]}"
        elif wanted is None and len(rows) > 1:
            yield f"{_named(run)} has {len(rows)} rows of history"
    for row in records.rows:
        if len(claimed[row.run_id]) != 1:
            names = [run.name for run in claimed[row.run_id]]
            yield f"row {row.run_id} of {row.dataset} belongs to {len(names)} flow runs: {names}"


def _rows_of(run: FlowRun, records: Records) -> list[Row]:
    """Return the rows begun while the run went on: a data set's runs do not overlap."""
    if run.start is None:
        return []
    start = run.start - _SLACK
    rows = (row for row in records.rows if row.dataset == run.dataset and row.started >= start)
    return [row for row in rows if run.end is None or row.started <= run.end + _SLACK]


def _folders(records: Records) -> Iterator[str]:
    """Each row of history has its folder, and each folder its row, unless it was pruned."""
    rows = {row.run_id: row for row in records.rows}
    folders = {folder.run_id: folder for folder in records.folders}
    if len(folders) != len(records.folders):
        yield "two folders have one run id"
    for run_id in rows.keys() - folders.keys() - records.pruned:
        yield f"row {run_id} of {rows[run_id].dataset} has no folder"
    for run_id in folders.keys() - rows.keys():
        yield f"folder {run_id} of {folders[run_id].dataset} has no row"
    for run_id in folders.keys() & rows.keys():
        row, folder = rows[run_id], folders[run_id]
        if (row.dataset, row.status) != (folder.dataset, folder.status):
            yield f"folder {run_id} says {folder.dataset} {folder.status}, its row {row.dataset} {row.status}"


def _alerts(records: Records) -> Iterator[str]:
    """Each change of verdict is told once: by a message of its own, or as missed in the one that follows."""
    for name in sorted({row.dataset for row in records.rows} | {post.dataset for post in records.posts}):
        rows = [row for row in records.rows if row.dataset == name]
        told = [post for post in records.posts if post.dataset == name]
        changes = [next(group) for _, group in groupby(rows, key=attrgetter("status"))]
        if changes and changes[0].status == "passed":
            changes = changes[1:]  # a first pass is no news
        news = [post for post in told if not post.may_repeat]
        said = [post.status for post in news]
        if said != [change.status for change in changes] and not _told_later(changes, told):
            yield f"{name} changed to {[c.status for c in changes]}, told of {[p.status for p in told]}"
        known = {row.run_id: row.status for row in rows}
        for post in told:
            if known.get(post.run_id) != post.status:
                yield f"an alert says that run {post.run_id} {post.status}; history: {known.get(post.run_id)}"


def _told_later(changes: Sequence[Row], told: Sequence[Post]) -> bool:
    """Whether every change that has no message of its own is named as missed, and no message repeats one."""
    missed = " ".join(line for post in told for line in post.missed)
    own = {post.run_id for post in told}
    unsaid = [c for c in changes if c.run_id not in own and c.run_id not in missed]
    twice = [a for a, b in pairwise(told) if a.status == b.status and not b.may_repeat]
    return not unsaid and not twice


def _automated(records: Records) -> Iterator[str]:
    """Prefect's automations call their webhook once for each run that failed or is undecided."""
    for status in ("failed", "undecided"):
        told = Counter(name for name, text in records.automated if text.startswith(f"Gate {status}"))
        ended = Counter(r.dataset for r in records.runs if VERDICT_STATES.get(r.state) == status)
        # The process of a run that a fault hit may have told the server of its verdict, or not any more.
        hit = Counter(r.dataset for r in records.runs if _hit(r, records))
        for name in sorted(told | ended):
            if abs(told[name] - ended[name]) > hit[name]:
                yield f"{name} {status} {ended[name]} times, automations told of {told[name]}"


def untried(records: Records, cases: Sequence[Case]) -> list[str]:
    """Return what the soak says it tries and did not reach, as on a slow machine: then it proves less."""
    return [f"not tried: {said}" for case in cases for said in missing(records.runs, records.rows, case)]


def missing(runs: Iterable[FlowRun], rows: Iterable[Row], case: Case) -> Iterator[str]:
    """Yield what the soak wants to see of a data set and has not seen."""
    ended = [run for run in runs if run.dataset == case.name and run.is_final]
    if not ended:
        yield f"{case.name} never ran"
    if case.crashes and not any(case.crashes in run.message for run in ended):
        yield f"{case.name} never crashed as it should have: {case.crashes!r}"
    seen = {row.status for row in rows if row.dataset == case.name}
    wanted = {content for content in case.contents if content not in {GONE, FULL}}
    if not case.name.startswith("hangs") and seen != wanted:
        yield f"{case.name} was seen as {sorted(seen)}, {sorted(wanted)} was there"


def _tasks(records: Records) -> Iterator[str]:
    """Prefect has every task of a run that reached a verdict."""
    for run in records.runs:
        is_whole = sorted(run.tasks) == ["Completed"] * _TASKS
        if run.state in VERDICT_STATES and not is_whole and not _hit(run, records):
            yield f"{_named(run)} has a verdict and the tasks {sorted(run.tasks)}"


def _hit(run: FlowRun, records: Records) -> bool:
    return any(_overlaps(run, fault.begun, fault.ended + _SLACK) for fault in _processes(records))


def _overlaps(run: FlowRun, begun: datetime, ended: datetime) -> bool:
    start = run.start or run.due
    return start <= ended and (run.end is None or run.end >= begun)


def _named(run: FlowRun) -> str:
    return f"flow run {run.name} of {run.dataset}"
