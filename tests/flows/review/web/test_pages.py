"""Pages over real runs: what they show, and that whatever can be clicked is there."""

import re
from collections.abc import Callable
from pathlib import Path

from cl_flows.corrections.patch import read_patch
from page_contents import Client, Run, cards, links


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
