"""Rows go to Label Studio and Argilla and come back as decisions."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cl_core import ConfigError, InputError
from cl_flows.config import make_config
from cl_flows.direct import run_direct
from cl_flows.kept import KeptRun, open_kept
from cl_flows.review.decisions import Action, NewDecision, decide, latest, read_log, run_key
from cl_flows.review.index import RunIndex
from cl_flows.review.tasks import (
    import_answers,
    read_argilla,
    read_label_studio,
    write_argilla,
    write_label_studio,
)
from cl_flows.review.tasks.items import AMBIGUOUS, IN_NO_CLASS
from trees import tree_gate

PEOPLE: dict[str, Any] = {"kim@example.org": {"id": 1, "email": "kim@example.org"}, "label-studio-2": 2}


@pytest.fixture(scope="module")
def kept(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> KeptRun:
    output = tmp_path_factory.mktemp("tasks")
    run_direct(make_config(tree_gate(tables / "noisy.csv", output), "test"))
    return open_kept(output, "last")


def chosen(index: RunIndex) -> list[tuple[int, str, list[str]]]:
    """Five answers: the suggestion, the given label, neither, both, and none."""
    worst = index.order[:5].tolist()
    row = index.row(worst[1])
    given = [
        [index.row(worst[0]).suggested],
        [row.given],
        [IN_NO_CLASS],
        ["ash", "birch"],
        [],
    ]
    return [(place, ("kim@example.org", "label-studio-2")[i % 2], given[i]) for i, place in enumerate(worst)]


def annotated(tasks: list[dict[str, Any]], index: RunIndex) -> list[dict[str, Any]]:
    """Answer tasks as Label Studio's export has it."""
    done = copy.deepcopy(tasks)
    for number, (task, (_, who, picks)) in enumerate(zip(done, chosen(index), strict=False), 1):
        result = {
            "id": "x",
            "from_name": "label",
            "to_name": "item",
            "type": "choices",
            "value": {"choices": picks},
        }
        task |= {"id": number, "annotations": [{"id": number, "completed_by": PEOPLE[who]}]}
        task["annotations"][0] |= {"was_cancelled": not picks, "result": [result] if picks else []}
    return done


@pytest.mark.parametrize("write", [write_label_studio, write_argilla])
def test_tasks_that_show_nothing_are_not_written(write: Any, kept: KeptRun, tmp_path: Path) -> None:
    """Data that are probabilities only have no row to look at: an error says so, and no file is there."""
    index, bare = RunIndex(kept), replace(kept.dataset(), features=None, modality="none", source=None)
    with pytest.raises(InputError, match="none of the 6 rows can be shown in a task: the data hold prob"):
        write(tmp_path / "tasks.json", index, bare, index.order[:6])
    assert list(tmp_path.iterdir()) == []
    assert write(tmp_path / "tasks.json", index, bare, index.order[:0]).n_tasks == 0


def test_label_studio_there_and_back(kept: KeptRun, tmp_path: Path) -> None:
    """Predictions carry the suggestion, answers are decisions, and a second import adds nothing."""
    index, database = RunIndex(kept), tmp_path / "history.db"
    path = tmp_path / "tasks.json"
    done = write_label_studio(path, index, kept.dataset(), index.order[:6])
    assert (done.n_tasks, done.n_left_out) == (6, 0)
    tasks = json.loads(path.read_text(encoding="utf-8"))
    first = index.row(int(index.order[0]))
    assert tasks[0]["data"]["labelgate_id"] == first.id
    assert set(tasks[0]["data"]["cells"]) >= {"height", "bark"}
    assert tasks[0]["predictions"][0]["result"][0]["value"] == {"choices": [first.suggested]}
    assert 0 < tasks[0]["predictions"][0]["score"] <= 1
    config = (tmp_path / "tasks.config.xml").read_text(encoding="utf-8")
    assert '<Table name="item" value="$cells"/>' in config
    assert f'<Choice value="{AMBIGUOUS}"/>' in config
    with pytest.raises(ConfigError, match="is there already"):
        write_label_studio(path, index, kept.dataset(), index.order[:6])

    path.write_text(json.dumps(annotated(tasks, index)), encoding="utf-8")
    run = run_key(kept)
    for new, known in ((5, 0), (0, 5)):
        told = import_answers(database, run, index, read_label_studio(path, "nobody"))
        assert (told.n_new, told.n_known, told.who) == (new, known, tuple(sorted(PEOPLE)))
    found = {
        word.position: (word.action, word.label, word.who, word.origin)
        for word in latest(database, run.fingerprint)
    }
    worst = index.order[:5].tolist()
    kim, two = "kim@example.org", "label-studio-2"
    assert [found[place] for place in worst] == [
        ("relabel", first.suggested, kim, "import"),
        ("keep", "", two, "import"),
        ("none", "", kim, "import"),
        ("ambiguous", "", two, "import"),
        ("skip", "", kim, "import"),
    ]
    row = index.row(worst[0])
    decide(database, run, kim, [NewDecision(row.position, row.id, row.given, Action.KEEP)])
    assert import_answers(database, run, index, read_label_studio(path, "nobody")).n_new == 0
    assert len(read_log(database, run.fingerprint)) == 6


def test_argilla_there_and_back(kept: KeptRun, tmp_path: Path) -> None:
    """A folder as its SDK reads it; drafts are no answers."""
    index, database = RunIndex(kept), tmp_path / "history.db"
    write_argilla(tmp_path / "rg", index, kept.dataset(), index.order[:6])
    path = tmp_path / "rg" / "records.json"
    records = json.loads(path.read_text(encoding="utf-8"))
    assert records[0]["fields"]["text"].startswith("tree: ")
    settings = json.loads((tmp_path / "rg" / ".argilla" / "settings.json").read_text(encoding="utf-8"))
    values = [one["value"] for one in settings["questions"][0]["settings"]["options"]]
    assert values == ["ash", "birch", "cedar", AMBIGUOUS, IN_NO_CLASS]
    responses = [
        {"value": IN_NO_CLASS, "user_id": "u1", "status": "submitted"},
        {"value": AMBIGUOUS, "user_id": "u2"},
        {"value": None, "user_id": "u1", "status": "discarded"},
        {"value": "ash", "user_id": "u1", "status": "draft"},
    ]
    for record, response in zip(records, responses, strict=False):
        record["responses"] = {"label": [response]}
    path.write_text(json.dumps(records), encoding="utf-8")
    for new in (3, 0):
        assert (
            import_answers(database, run_key(kept), index, read_argilla(path.parent, "nobody")).n_new == new
        )
    words = latest(database, kept.fingerprint)
    assert [(word.action, word.who) for word in words] == [
        ("none", "u1"),
        ("skip", "u1"),
        ("ambiguous", "u2"),
    ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"labelgate_id": "no such"}, "1 of 5 answers .* id 'no such', which is not there"),
        ({"labelgate_fingerprint": "x"}, "1 of 5 answers .* about other data"),
    ],
)
def test_answers_that_fit_no_row_are_refused_whole(
    kept: KeptRun, tmp_path: Path, change: dict[str, str], says: str
) -> None:
    """Counted, with the first one named; none of the file is taken."""
    index, path = RunIndex(kept), tmp_path / "tasks.json"
    write_label_studio(path, index, kept.dataset(), index.order[:6])
    tasks = annotated(json.loads(path.read_text(encoding="utf-8")), index)
    tasks[1]["data"] |= change
    path.write_text(json.dumps(tasks), encoding="utf-8")
    with pytest.raises(InputError, match=says):
        import_answers(tmp_path / "history.db", run_key(kept), index, read_label_studio(path, "x"))
    assert latest(tmp_path / "history.db", kept.fingerprint) == []


def test_labels_that_are_no_class_are_refused_unless_they_are_named(kept: KeptRun, tmp_path: Path) -> None:
    """A typing error becomes no class by itself."""
    index, path = RunIndex(kept), tmp_path / "tasks.json"
    write_label_studio(path, index, kept.dataset(), index.order[:6])
    tasks = annotated(json.loads(path.read_text(encoding="utf-8")), index)
    tasks[0]["annotations"][0]["result"][0]["value"]["choices"] = ["elm"]
    path.write_text(json.dumps(tasks), encoding="utf-8")
    found, run = read_label_studio(path, "x"), run_key(kept)
    with pytest.raises(InputError, match="names 'elm', which is no class"):
        import_answers(tmp_path / "history.db", run, index, found)
    assert import_answers(tmp_path / "history.db", run, index, found, new_classes=["elm"]).n_new == 5


_CHOICE = '{"type": "choices", "from_name": "label", "value": {"choices": 1}}'


@pytest.mark.parametrize(
    ("read", "entry", "says"),
    [
        (read_label_studio, '{"data": {"labelgate_id": "0"}, "annotations": [3]}', "task 1 holds"),
        (read_label_studio, '{"data": {"labelgate_id": "0"}, "annotations": {"result": []}}', "task 1 holds"),
        (
            read_label_studio,
            f'{{"data": {{"labelgate_id": "0"}}, "annotations": [{{"result": [{_CHOICE}]}}]}}',
            "task 1 holds",
        ),
        (read_argilla, '{"id": "0", "fields": {}, "responses": {"label": ["cat"]}}', "record 1 holds"),
        (read_argilla, '{"id": "0", "fields": {}, "responses": ["cat"]}', "record 1 holds"),
    ],
)
def test_answers_of_another_build_are_refused(
    tmp_path: Path, read: Callable[[Path, str], object], entry: str, says: str
) -> None:
    """A file that somebody edited, or that a release built otherwise: named with its entry, never a crash."""
    path = tmp_path / "x.json"
    path.write_text(f"[{entry}]")
    with pytest.raises(InputError, match=says) as refused:
        read(path, "x")
    assert "import the file as" in refused.value.hint


@pytest.mark.parametrize("content", ["", "{}", '[{"x": 1}]', "[1]"])
def test_other_files_are_refused(tmp_path: Path, content: str) -> None:
    """With a hint on what to export."""
    path = tmp_path / "x.json"
    path.write_text(content)
    for read in (read_label_studio, read_argilla):
        with pytest.raises(InputError) as refused:
            read(path, "x")
        assert refused.value.hint
