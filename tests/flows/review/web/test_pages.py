"""Pages over real runs: what they show, what a decision changes, and that it is on record."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd
import pytest

from cl_flows.corrections.patch import read_patch
from cl_flows.database.place import history_in
from cl_flows.outcome import GateResult
from cl_flows.review.decisions import Decision, latest
from cl_flows.review.web.access import Access

HERE = "http://127.0.0.1:8700"
Client: TypeAlias = Callable[..., Any]
Run: TypeAlias = tuple[Path, str]


def cards(page: str) -> list[int]:
    """Positions of the rows on a page, in order."""
    return [int(found) for found in re.findall(r'<li class="suspect[^>]*data-position="(\d+)"', page)]


def links(page: str) -> list[str]:
    """Every address of ours on a page, once."""
    return list(dict.fromkeys(re.findall(r'(?:href|src)="(/[^"]*)"', page.replace("&amp;", "&"))))


def test_every_link_of_every_page_leads_somewhere(client: Client, trees: Run) -> None:
    """From the first page on, whatever can be clicked is there."""
    output, run_id = trees
    asked = client(output=output)
    seen, todo = {"/"}, ["/"]
    while todo:
        answer = asked.get(todo.pop())
        assert answer.status_code == 200, answer.url
        for link in links(answer.text) if answer.headers["content-type"].startswith("text/html") else ():
            # One row and one further page stand for all of their kind.
            kind = re.sub(r"rows/\d+|start=\d+|export/.*", "…", link)
            if kind not in seen and not re.search("export/.", link):
                seen.add(kind)
                todo.append(link)
    assert {f"/runs/{run_id}", f"/runs/{run_id}/rows", f"/runs/{run_id}/audit"} <= seen


def test_the_gallery_has_the_worst_rows_first_and_pages_do_not_shift(client: Client, trees: Run) -> None:
    """The next page starts at a rank: rows decided meanwhile move nothing."""
    output, run_id = trees
    asked = client(output=output)
    first = asked.get(f"/runs/{run_id}/rows").text
    assert len(cards(first)) == 24
    next_page = next(link for link in links(first) if "start=" in link and "/rows?" in link)
    second = cards(asked.get(next_page).text)
    assert not set(cards(first)) & set(second)
    for position in cards(first)[:10]:
        asked.send(f"/runs/{run_id}/decisions", position=position, action="keep", token=f"t{position}")
    assert cards(asked.get(next_page).text) == second
    assert cards(asked.get(f"/runs/{run_id}/rows").text)[:14] == cards(first)[10:]


def test_filters_are_in_the_address(client: Client, trees: Run) -> None:
    """Label, pair, quality, id and state; each can be taken off again by a link."""
    output, run_id = trees
    asked = client(output=output)
    page = asked.get(f"/runs/{run_id}/rows?given=ash&suggested=birch&state=all").text
    assert cards(page)
    assert set(re.findall(r'class="given">.*?<bdi class="label">(\w+)', page)) == {"ash"}
    assert 'aria-label="Remove filter: given ash"' in page
    narrow = cards(asked.get(f"/runs/{run_id}/rows?below=0.1").text)
    assert 0 < len(narrow) <= len(cards(asked.get(f"/runs/{run_id}/rows?below=0.5").text))
    assert cards(asked.get(f"/runs/{run_id}/rows?q=t12&which=all").text)[:1]
    sliced = asked.get(f"/runs/{run_id}/rows?column=bark&value=rough&which=all").text
    assert "bark: rough" in sliced
    for nonsense in (
        "below=x",
        "from=nan",
        "state=what",
        "start=-1",
        "start=9999999",
        "column=x&value=y",
        "given=no",
    ):
        assert asked.get(f"/runs/{run_id}/rows?{nonsense}").status_code == 200


def test_words_of_an_earlier_run_are_shown_and_do_not_count(
    client: Client, trees: Run, gated: Callable[..., GateResult], tables: Path, tmp_path: Path
) -> None:
    """On the card, the row and the run's page: what, who and when; the row is open until it is said again."""
    output, run_id = trees
    asked = client(output=output)
    first, second, other = cards(asked.get(f"/runs/{run_id}/rows").text)[:3]
    asked.send(f"/runs/{run_id}/decisions", position=first, action="keep", note="a real one")
    asked.send(f"/runs/{run_id}/decisions", position=second, action="none")
    asked.send(f"/runs/{run_id}/decisions", position=other, action="keep")
    lee = client(Access(who="lee"), output=output)
    lee.send(f"/runs/{run_id}/decisions", position=first, action="ambiguous")
    table = pd.read_csv(tables / "noisy.csv")
    labels = [str(label) for label in table["label"]]
    labels[other] = "cedar" if labels[other] == "ash" else "ash"
    table.assign(label=labels).to_csv(tmp_path / "later.csv", index=False)
    data = {"path": str(tmp_path / "later.csv"), "label": "label", "id": "tree", "name": "trees"}
    later = gated(output, data=data, model={"backend": "tabular", "estimator": "logistic"}).run_id
    assert "decided in an earlier run" not in asked.get(f"/runs/{run_id}").text

    page = asked.get(f"/runs/{later}").text
    assert "2 rows with the same id and given label were decided in an earlier run" in page
    earlier = f"/runs/{later}/rows?state=earlier&which=all"
    assert earlier in links(page)
    assert sorted(cards(asked.get(earlier).text)) == sorted([first, second])
    assert "earlier: in no class · <bdi>kim</bdi>" in asked.get(earlier).text
    assert "earlier: kept / ambiguous · <bdi>kim</bdi>, <bdi>lee</bdi>" in asked.get(earlier).text
    row = asked.get(f"/runs/{later}/rows/{first}").text
    assert "Decided in an earlier run" in row
    assert "a real one" in row
    assert "Decided so far" not in row
    assert 'data-count="decided">0<' in asked.get(earlier).text
    # In a double review other people's words are hidden, whenever they were said.
    assert "a real one" in lee.get(f"/runs/{later}/rows/{first}").text
    blind = lee.get(f"/runs/{later}/rows/{first}?double=1").text
    assert ("a real one" in blind, "Decided in an earlier run" in blind) == (False, True)
    assert "Decided in an earlier run" not in lee.get(f"/runs/{later}/rows/{second}?double=1").text

    asked.send(f"/runs/{later}/decisions", position=first, action="keep")
    assert cards(asked.get(earlier).text) == [second]
    asked.send(f"/runs/{run_id}/undo")
    asked.send(f"/runs/{run_id}/undo")
    assert "1 row with the same id and given label was decided" in asked.get(f"/runs/{later}").text


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


def test_a_decision_is_on_record_before_it_is_acknowledged(client: Client, trees: Run) -> None:
    """The answer says what stands, and a form that is sent twice is written once."""
    output, run_id = trees
    asked = client(output=output)
    position = cards(asked.get(f"/runs/{run_id}/rows").text)[0]
    sent = {"position": position, "action": "take", "token": "one", "note": " by the leaf "}
    told = asked.send(f"/runs/{run_id}/decisions", **sent).json()
    assert told["said"].startswith("→ ")
    assert told["progress"]["decided"] == "1"
    assert asked.send(f"/runs/{run_id}/decisions", **sent).json() == told
    word = one_word(output, run_id)
    assert (word.position, word.action, word.who, word.note, word.origin) == (
        *(position, "relabel", "kim", "by the leaf"),
        "page",
    )
    page = asked.get(f"/runs/{run_id}/rows/{position}").text
    assert "by the leaf" in page
    undone = asked.send(f"/runs/{run_id}/undo").json()
    assert (undone["position"], undone["said"]) == (position, "")
    assert asked.send(f"/runs/{run_id}/undo").status_code == 409


def one_word(output: Path, run_id: str) -> Any:
    """Read the only decision on record."""
    (word,) = on_record(output, run_id)
    return word


def on_record(output: Path, run_id: str) -> list[Decision]:
    """Read everybody's latest words on the data of a run."""
    report = json.loads((output / run_id / "report.json").read_text(encoding="utf-8"))
    return latest(history_in(output), report["data"]["fingerprint"])


@pytest.mark.parametrize(
    "form",
    [
        {"position": "300", "action": "keep"},
        {"position": "-1", "action": "keep"},
        {"position": "1e3", "action": "keep"},
        {"position": "٣", "action": "keep"},
        {"position": "0", "action": "delete"},
        {"position": "0", "action": "relabel"},
        {"position": "0", "action": "relabel", "code": "3"},
        {"position": "0", "action": "relabel", "code": "²"},
        {"action": "keep"},
    ],
)
def test_what_is_no_decision_is_refused(client: Client, trees: Run, form: dict[str, str]) -> None:
    """A row that is not there, an unknown action, no class: an error with a hint, and nothing on record."""
    output, run_id = trees
    answer = client(output=output).send(f"/runs/{run_id}/decisions", **form)
    assert answer.status_code in {400, 404}
    assert answer.json()["hint"]


def test_a_page_without_scripts_can_decide(client: Client, trees: Run) -> None:
    """The row's own page is a form that leads back to the rows."""
    output, run_id = trees
    asked = client(output=output)
    first = asked.get(f"/runs/{run_id}/rows").text
    page = asked.get(next(link for link in links(first) if f"/rows/{cards(first)[0]}" in link)).text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    answer = asked.send(f"/runs/{run_id}/decisions", accept="text/html", **hidden, action="relabel", code="2")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"/runs/{run_id}/rows")
    assert one_word(output, run_id).label in {"cedar", ""}


def test_double_review_is_blind(client: Client, trees: Run) -> None:
    """A second person does not see the first one's word; then a dispute shows, and agreement is measured."""
    output, run_id = trees
    kim, lee = (client(Access(who=name), output=output) for name in ("kim", "lee"))
    first, second = cards(kim.get(f"/runs/{run_id}/rows").text)[:2]
    for position in (first, second):
        kim.send(f"/runs/{run_id}/decisions", position=position, action="keep")
    assert first not in cards(lee.get(f"/runs/{run_id}/rows").text)
    double = lee.get(f"/runs/{run_id}/rows?double=1").text
    assert cards(double)[:2] == [first, second]
    assert "kept" not in re.findall(r'class="decided[^"]*">([^<]*)', double)
    assert "Decided so far" not in lee.get(f"/runs/{run_id}/rows/{first}?double=1").text
    lee.send(f"/runs/{run_id}/decisions", position=first, action="take", double="1")
    lee.send(f"/runs/{run_id}/decisions", position=second, action="keep", double="1")
    disputed = kim.get(f"/runs/{run_id}/rows?state=disputed").text
    assert cards(disputed) == [first]
    assert "disputed: kept / → " in disputed
    page = kim.get(f"/runs/{run_id}/export").text
    assert "50.0%" in page
    assert "2 rows" in page


def test_many_at_once_after_a_preview(client: Client, trees: Run) -> None:
    """The preview counts and estimates; what it showed is what changes, in one step of undo."""
    output, run_id = trees
    asked = client(output=output)
    page = asked.get(f"/runs/{run_id}/bulk?below=0.05").text
    rows = re.search(r'name="rows" value="(\d+)"', page)
    assert rows is not None
    assert "the model" in page.lower()
    form = {"which": "flagged", "below": "0.05", "token": "all"}
    assert asked.send(f"/runs/{run_id}/bulk", **form, rows="1").status_code == 409
    assert asked.send(f"/runs/{run_id}/bulk", **form, rows=rows[1]).status_code == 303
    assert asked.send(f"/runs/{run_id}/bulk", **form, rows=rows[1]).status_code == 303
    decided = asked.get(f"/runs/{run_id}/export").text
    assert f"<dd>{rows[1]}</dd>" in decided
    asked.send(f"/runs/{run_id}/undo")
    assert "Nothing is settled yet" in asked.get(f"/runs/{run_id}/export").text


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


def test_an_audit_counts_what_people_see_blind(client: Client, trees: Run) -> None:
    """No suggestion on the page; answers are evidence and words on the rows; the rest is foretold."""
    output, run_id = trees
    asked = client(output=output)
    assert "Draw the rows" in asked.get(f"/runs/{run_id}/audit").text
    assert asked.send(f"/runs/{run_id}/audit/plan", limit="zero").status_code == 400
    asked.send(f"/runs/{run_id}/audit/plan", limit="5")
    for action in ("keep", "wrong", "none", "skip", "keep"):
        page = asked.get(f"/runs/{run_id}/audit").text
        assert "suggested" not in page
        assert "quality" not in page
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        assert asked.send(f"/runs/{run_id}/audit", **hidden, action=action).status_code == 303
    page = asked.get(f"/runs/{run_id}/audit").text
    assert re.search(r"<strong>\d+</strong> rows checked", page)
    assert re.search(r"about <strong>\d+</strong> more rows? decides? it|class=\"stamp\"", page)
    plain = next(p for p in range(300) if f'value="{p}"' not in page)
    assert asked.send(f"/runs/{run_id}/audit", position=str(plain), action="keep").status_code in {303, 400}


def test_pictures_are_given_by_place_and_in_parts(client: Client, pictures: Callable[..., Run]) -> None:
    """A PNG a row, kept by the browser; a player may ask for a part; no other name is looked up."""
    output, run_id = pictures()
    asked = client(output=output)
    answer = asked.get(f"/runs/{run_id}/media/3.png")
    assert answer.headers["content-type"] == "image/png"
    assert answer.content[:4] == b"\x89PNG"
    again = asked.get(f"/runs/{run_id}/media/3.png", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    part = asked.get(f"/runs/{run_id}/media/3.png", headers={"range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"\x89PNG")
    assert asked.get(f"/runs/{run_id}/media/3.png", headers={"range": "bytes=99999-"}).status_code == 416
    for name in ("60.png", "3.wav", "3", ".png", "..%2f3.png", "3.png%00", "٣.png"):
        assert asked.get(f"/runs/{run_id}/media/{name}").status_code == 404


def test_hostile_names_are_text(client: Client, pictures: Callable[..., Run], tmp_path: Path) -> None:
    """Scripts, quotes, right-to-left marks and ten thousand characters stay text, and can be decided."""
    classes = ("<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "\u202eevil", "x" * 10_000)
    ids = [f"</bdi><script>alert({i})</script>" for i in range(60)]
    output, run_id = pictures(classes, ids=ids)
    asked = client(output=output)
    word = {"position": "0", "action": "skip", "note": "<script>alert(2)</script>"}
    assert asked.send(f"/runs/{run_id}/decisions", **word).status_code == 200
    for path in ("", "/rows?which=all&state=all", "/rows/0", "/rows/0?part=1", "/audit", "/bulk", "/export"):
        page = asked.get(f"/runs/{run_id}{path}").text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert len(page) < 400_000
    long = asked.get(f"/runs/{run_id}/rows?given=class:3&which=all&state=all")
    assert "x" * 100 not in long.text.replace("x" * 159, "")
    assert cards(long.text)
    for position, action in (("1", "take"), ("2", "relabel"), ("3", "keep")):
        answer = asked.send(f"/runs/{run_id}/decisions", position=position, action=action, code="3")
        assert answer.status_code == 200, answer.text
    (tmp_path / "fixes.csv").write_text(asked.get(f"/runs/{run_id}/export/patch.csv").text)
    answers = {one.id: one for one in read_patch(tmp_path / "fixes.csv").answers}
    assert (answers[ids[2]].new, answers[ids[3]].old) == ("x" * 10_000, "x" * 10_000)


def test_a_run_that_is_not_there(client: Client, trees: Run) -> None:
    """Unknown runs and rows are pages that say so."""
    output, run_id = trees
    asked = client(output=output)
    for path in (f"/runs/{run_id[:8]}", "/runs/last", f"/runs/{run_id}/rows/300", f"/runs/{run_id}/regate/0"):
        answer = asked.get(path)
        assert answer.status_code == 404
        assert "There is no" in answer.text or "no such" in answer.text
