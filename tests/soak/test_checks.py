"""The soak's own judgement: sound records pass, and each kind of harm is found and named."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cl_flows.claims import new_claim, write_claim
from soak.checks import untried, violations
from soak.gather import leftover_files
from soak.records import Fault, FlowRun, Folder, Post, Records, Row
from soak.stage import GONE, ROWS, Case, Stage

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
CASES = (Case("trees", ("failed", "passed")), Case("lost", (GONE,), crashes="lost.csv"))
STATES = {"failed": "NoiseGateFailed", "passed": "Completed"}


def at(minutes: float) -> datetime:
    return BEGAN + timedelta(minutes=minutes)


def flow_run(name: str, minute: float, **changes: Any) -> FlowRun:
    whole = FlowRun(
        name=name,
        dataset="trees",
        state="Completed",
        is_final=True,
        message="",
        due=at(minute),
        start=at(minute),
        end=at(minute + 0.5),
        tasks=("Completed",) * 5,
    )
    return replace(whole, **changes)


def row(run_id: str, minute: float, status: str) -> Row:
    return Row(run_id, "trees", status, ROWS[status], at(minute + 0.1), at(minute + 0.4))


@pytest.fixture
def sound() -> Records:
    """Build the records of a data set that failed twice and recovered, and of a file that was never there."""
    verdicts = ["failed", "failed", "passed"]
    crash = flow_run("lost-1", 3, dataset="lost", state="Failed", message="no file lost.csv", tasks=())
    rows = [row(f"r{i}", i, status) for i, status in enumerate(verdicts)]
    return Records(
        runs=[*(flow_run(f"f{i}", i, state=STATES[status]) for i, status in enumerate(verdicts)), crash],
        rows=rows,
        folders=[Folder(r.run_id, r.dataset, r.status) for r in rows],
        posts=[Post("trees", "r0", "failed", "failed"), Post("trees", "r2", "passed", "recovered")],
        faults=[],
        automated=[("trees", "Gate failed: 20 %")] * 2,
    )


def test_sound_records_have_nothing_wrong(sound: Records) -> None:
    """Nothing is found where nothing is."""
    assert violations(sound, CASES) == []


def first(records: Records, **changes: Any) -> dict[str, Any]:
    return {"runs": [replace(records.runs[0], **changes), *records.runs[1:]]}


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda s: first(s, state="Running", is_final=False), "has not ended: Running"),
        (lambda s: first(s, state="Crashed", message="", tasks=()), "crashed without a reason"),
        (lambda s: first(s, state="Crashed", message="out of luck"), "crashed without a reason"),
        (lambda s: first(s, state="Cancelled", message="by somebody"), "was cancelled"),
        (lambda s: first(s, state="Completed"), "is Completed; in history: ['failed']"),
        (lambda s: first(s, tasks=("Completed",) * 4), "has a verdict and the tasks"),
        (lambda s: {"rows": [replace(s.rows[0], n_rows=300), *s.rows[1:]]}, "passed is true"),
        (lambda s: {"rows": s.rows[1:]}, "is NoiseGateFailed; in history: []"),
        (lambda s: {"rows": [*s.rows, replace(s.rows[2], run_id="r9")]}, "['passed', 'passed']"),
        (lambda s: {"rows": [*s.rows, row("r9", 60, "passed")]}, "row r9 of trees belongs to 0 flow runs"),
        (lambda s: {"folders": s.folders[1:]}, "row r0 of trees has no folder"),
        (
            lambda s: {"folders": [*s.folders, Folder("r9", "trees", "passed")]},
            "folder r9 of trees has no row",
        ),
        (
            lambda s: {"folders": [Folder("r0", "trees", "passed"), *s.folders[1:]]},
            "folder r0 says trees passed",
        ),
        (lambda s: {"posts": s.posts[1:]}, "trees changed to ['failed', 'passed'], told of ['passed']"),
        (lambda s: {"posts": [s.posts[0], *s.posts]}, "told of ['failed', 'failed', 'passed']"),
        (
            lambda s: {"posts": [replace(s.posts[0], run_id="r2"), s.posts[1]]},
            "an alert says that run r2 failed",
        ),
        (lambda s: {"automated": s.automated[1:]}, "trees failed 2 times, automations told of 1"),
        (lambda _: {"leftovers": ["runs/.x.partial is left over"]}, "is left over"),
        (lambda _: {"owed": ["r1"]}, "the alert of run r1 is still owed"),
    ],
)
def test_each_harm_is_found(sound: Records, harm: Any, says: str) -> None:
    """No check of the soak can pass whatever happens."""
    found = violations(replace(sound, **harm(sound)), CASES)
    assert any(says in one for one in found), found


def test_what_was_not_reached_is_said(sound: Records) -> None:
    """A soak that tried less than it says proves less, and is no pass."""
    assert untried(sound, CASES) == []
    assert untried(replace(sound, runs=sound.runs[:-1]), CASES) == [
        "not tried: lost never ran",
        "not tried: lost never crashed as it should have: 'lost.csv'",
    ]
    (said,) = untried(replace(sound, rows=sound.rows[:2]), CASES)
    assert said == "not tried: trees was seen as ['failed'], ['failed', 'passed'] was there"


def test_a_crash_is_explained_by_a_fault_of_its_time(sound: Records) -> None:
    """A lost machine excuses a crash that has a message, and neither silence nor one an hour later."""
    lost = Fault("machine of the worker lost", at(0.2), at(0.3))
    extra = flow_run("f9", 0.05, state="Crashed", message="No sign of life", end=at(2), tasks=())
    excused = replace(
        sound, faults=[lost], runs=[extra, *sound.runs[2:]], rows=sound.rows[2:], folders=sound.folders[2:]
    )
    assert not [one for one in violations(excused, CASES) if "without a reason" in one]
    silent = replace(excused, runs=[replace(extra, message=""), *sound.runs[2:]])
    assert [one for one in violations(silent, CASES) if "without a reason" in one]
    later = replace(excused, faults=[replace(lost, begun=at(60), ended=at(60))])
    assert [one for one in violations(later, CASES) if "without a reason" in one]


def test_a_change_told_later_as_missed_counts_once(sound: Records) -> None:
    """A process that died before its alert leaves it to the next run."""
    missed = Post("trees", "r1", "failed", "failed", missed=("run r0 failed at 00:00Z: nobody was told",))
    assert violations(replace(sound, posts=[missed, sound.posts[1]]), CASES) == []


def test_what_a_killed_flow_run_left_counts_only_where_the_next_day_leaves_it(tmp_path: Path) -> None:
    """Its claim and its folder go with the first run of a day later; a stranger's hidden file is told."""
    stage = Stage(tmp_path, ())
    (tmp_path / "tmp").mkdir()
    partial = stage.runs / ".20260101-000000-aaa.partial"
    partial.mkdir(parents=True)
    write_claim(stage.runs, new_claim("20260101-000000-aaa", "a flow run"))
    (stage.runs / ".stranger").touch()
    assert leftover_files(stage) == ["runs/.stranger is left over"]
