"""What people take home from the pages, and what they bring back: patch, data, tasks and answers."""

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from cl_flows.review.web.access import Access
from page_contents import Client, Run, cards, on_record

HERE = "http://127.0.0.1:8700"


def test_the_patch_is_what_was_settled(client: Client, trees: Run) -> None:
    """A CSV file of the columns that gates read."""
    output, run_id = trees
    asked = client(output=output)
    assert asked.get(f"/runs/{run_id}/export/patch.csv").status_code == 409
    first, second = cards(asked.get(f"/runs/{run_id}/rows").text)[:2]
    asked.send(f"/runs/{run_id}/decisions", position=first, action="take")
    asked.send(f"/runs/{run_id}/decisions", position=second, action="none")
    answer = asked.get(f"/runs/{run_id}/export/patch.csv")
    assert answer.headers["content-disposition"] == f'attachment; filename="corrections-{run_id}.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert sorted(row["action"] for row in rows) == ["exclude", "relabel"]
    assert {row["who"] for row in rows} == {"kim"}


def test_the_corrected_data_set_comes_in_its_own_form(client: Client, trees: Run, tables: Path) -> None:
    """Of a CSV file a CSV file, one label cell changed and nothing else."""
    output, run_id = trees
    asked = client(output=output)
    first = cards(asked.get(f"/runs/{run_id}/rows").text)[0]
    asked.send(f"/runs/{run_id}/decisions", position=first, action="take")
    answer = asked.get(f"/runs/{run_id}/export/corrected")
    assert answer.headers["content-disposition"] == f'attachment; filename="corrected-{run_id}.csv"'
    before = (tables / "noisy.csv").read_text(encoding="utf-8").splitlines()
    differing = [i for i, (a, b) in enumerate(zip(before, answer.text.splitlines(), strict=True)) if a != b]
    assert differing == [first + 1]
    for name, holds in (("label-studio", "tasks.json"), ("argilla", "records.json")):
        packed = zipfile.ZipFile(io.BytesIO(asked.get(f"/runs/{run_id}/export/{name}.zip").content))
        assert holds in " ".join(packed.namelist())


def answered(page: Any, run_id: str, choices: list[str]) -> list[dict[str, Any]]:
    """Fetch tasks of Label Studio and answer the first ones, as its export has it."""
    with zipfile.ZipFile(io.BytesIO(page.get(f"/runs/{run_id}/export/label-studio.zip").content)) as packed:
        tasks: list[dict[str, Any]] = json.loads(packed.read("tasks.json"))
    for task, choice in zip(tasks, choices, strict=False):
        result = {"from_name": "label", "to_name": "item", "type": "choices", "value": {"choices": [choice]}}
        task["annotations"] = [{"completed_by": {"email": "<b>lee</b>"}, "result": [result]}]
    return tasks


def test_answers_of_other_tools_are_taken_after_a_preview(client: Client, trees: Run) -> None:
    """Nothing is written before; sent again, or confirmed twice, a file adds nothing."""
    output, run_id = trees
    asked = client(output=output)

    def sent(content: Any, kind: str = "label-studio", who: Any = asked, **headers: str) -> Any:
        usual = {"origin": HERE, "x-csrf-token": who.csrf(), "accept": "application/json"}
        usual |= {"content-type": "application/octet-stream"} | headers
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return who.post(f"/runs/{run_id}/import?from={kind}", content=body, headers=usual)

    tasks = answered(asked, run_id, ["cedar", "(in no class)"])
    first = sent(tasks)
    assert first.status_code == 200, first.text
    where = first.json()["next"]
    page = asked.get(where).text
    assert "2 decisions" in page
    assert "Nothing is written yet" in page
    assert "<b>lee" not in page
    assert "&lt;b&gt;lee" in page
    assert on_record(output, run_id) == []
    assert 'data-count="decided">0<' in asked.get(f"/runs/{run_id}/rows").text
    assert asked.send(where, answers="3").status_code == 409
    assert asked.send(where, answers="2").status_code == 303
    assert asked.send(where, answers="2").status_code == 303
    assert "&lt;b&gt;lee" in asked.get(f"/runs/{run_id}/export").text
    words = on_record(output, run_id)
    assert [(one.who, one.origin, one.row_id) for one in words] == [
        ("<b>lee</b>", "import", task["data"]["labelgate_id"]) for task in tasks[:2]
    ]
    assert words[1].action == "none"
    assert "All 2 answers of this file are on record already" in asked.get(sent(tasks).json()["next"]).text

    for wrong, says in (
        (answered(asked, run_id, ["no tree"]), "names 'no tree', which is no class"),
        ([{**tasks[0], "data": {**tasks[0]["data"], "labelgate_id": "x"}}], "the id 'x', which is not there"),
        (b"[" * 100_000, "answers.json cannot be read"),
        ({"a": 1}, "answers.json holds no Label Studio tasks"),
        (b"", "the file is empty"),
    ):
        refused = sent(wrong)
        assert (refused.status_code, says in refused.json()["error"]) == (400, True), refused.text
    assert sent(tasks, "argilla").status_code == 400
    assert sent(tasks, "what").status_code == 400
    assert sent(tasks, **{"x-csrf-token": "x" * 43}).status_code == 403
    assert sent(tasks, origin="https://evil.example").status_code == 403
    lee = client(Access(who="lee"), output=output)
    assert lee.get(where).status_code == 404


def test_a_file_is_bounded(client: Client, trees: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own limit, on its own page only; nothing of it stays."""
    output, run_id = trees
    asked = client(output=output)
    monkeypatch.setattr("cl_flows.review.web.uploads.MOST_BYTES", 1_000)
    ours = {"origin": HERE, "x-csrf-token": asked.csrf(), "content-type": "application/octet-stream"}
    for path, status in (("import?from=argilla", 413), ("decisions", 415), ("import/x", 415)):
        assert asked.post(f"/runs/{run_id}/{path}", content=b"x" * 1_001, headers=ours).status_code == status
    assert list(asked.app.app.state.uploads.folder.iterdir()) == []
