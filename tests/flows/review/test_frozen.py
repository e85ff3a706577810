"""The page of a run frozen in one file, as it stands when it is asked for."""

import json
from pathlib import Path

import pytest

from cl_flows.cli import main
from cl_flows.config import make_config
from cl_flows.database.place import history_in
from cl_flows.direct import run_direct
from cl_flows.review.decisions import Action, NewDecision, RunKey, decide
from cl_flows.review.frozen import frozen_page
from trees import tree_gate


@pytest.fixture
def gated(tables: Path, tmp_path: Path) -> tuple[Path, str]:
    """Results folder and run of a noisy table."""
    raw = tree_gate(tables / "noisy.csv", tmp_path / "runs")
    raw["data"]["name"] = "trees"
    return tmp_path / "runs", run_direct(make_config(raw, "test")).run_id


def test_nothing_decided_is_the_report_itself(gated: tuple[Path, str]) -> None:
    """Made from what a run left, the page is the one that the run wrote, to the letter."""
    output, run_id = gated
    written = (output / run_id / "report.html").read_text(encoding="utf-8")
    assert frozen_page(output, history_in(output), run_id) == written


def test_what_people_decided_is_in_it(gated: tuple[Path, str], tmp_path: Path) -> None:
    """Figures, who said what and why, and the word on each suspect; hostile notes are text."""
    output, run_id = gated
    report = json.loads((output / run_id / "report.json").read_text(encoding="utf-8"))
    suspect = report["suspects"][0]
    key = RunKey(run_id, report["data"]["fingerprint"], "trees")
    row = int(suspect["id"][1:])
    word = NewDecision(row, suspect["id"], suspect["given_label"], Action.NONE, note="<script>x</script>")
    decide(history_in(output), key, "kim", [word])
    with pytest.raises(SystemExit):
        main(["report", run_id, "--output", str(output), "--html", str(tmp_path / "page.html")])
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert '<h2 id="review">Review</h2>' in page
    assert '<p class="decision">in no class (kim)</p>' in page
    assert "&lt;script&gt;x" in page
    assert "<script>x" not in page
    assert "http" not in page.partition("<body>")[2].replace("http-equiv", "")


def test_rows_that_were_not_kept_leave_the_page_as_it_was(gated: tuple[Path, str], tmp_path: Path) -> None:
    """The command then copies the report of the run."""
    output, run_id = gated
    kept = json.loads((output / run_id / "run.json").read_text(encoding="utf-8"))
    (output / run_id / "run.json").write_text(json.dumps(kept | {"rows": None}))
    with pytest.raises(SystemExit):
        main(["report", run_id, "--output", str(output), "--html", str(tmp_path / "page.html")])
    assert (tmp_path / "page.html").read_bytes() == (output / run_id / "report.html").read_bytes()
