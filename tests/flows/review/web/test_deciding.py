"""What a decision on a page changes, who sees it, and that it is on record."""

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from cl_flows.outcome import GateResult
from cl_flows.review.web.access import Access
from page_contents import Client, Run, cards, links, one_word


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
