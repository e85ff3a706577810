"""An audit from plan to verdict: the sheet, the answers, and a gate that decides on them."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cl_core import ConfigError, InputError
from cl_flows.audit_sheet import read_sheet
from cl_flows.audits import Answer, add_answers, finding_for_run, plan_for_run, read_answers, read_scored
from cl_flows.cli import main
from cl_flows.database.connect import reading
from cl_flows.direct import run_direct


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return int(left.value.code or 0)


def answered(sheet: Path, tables: Path, target: Path, share: float = 1.0) -> Path:
    """Fill in a sheet from the truth: the labels of the clean table."""
    truth = pd.read_csv(tables / "clean.csv").set_index("tree")["label"]
    rows = pd.read_csv(sheet)
    true = truth.loc[rows["id"]].to_numpy()
    rows["is_wrong"] = pd.Series(rows["given_label"].to_numpy() != true).map({True: "yes", False: "no"})
    rows.loc[int(share * len(rows)) :, "is_wrong"] = ""
    rows.to_csv(target, index=False)
    return target


def test_an_audit_turns_undecided_into_a_verdict(
    tables: Path, tmp_path: Path, gate_config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without answers undecided, with them failed at stated error rates, whatever the model thinks."""
    monkeypatch.chdir(tmp_path)
    config = gate_config(tables / "noisy.csv", tmp_path / "labelgate-runs", decide_on="audited")
    first = run_direct(config)
    assert first.status == "undecided"
    assert "labelgate audit plan" in first.remedy

    assert run("audit", "plan", "last", "--to", "sheet.csv") == 0
    sheet = pd.read_csv("sheet.csv")
    assert list(sheet.columns) == ["id", "given_label", "is_wrong", "true_label", "who"]
    assert run("audit", "status", "last") == 4
    answered(Path("sheet.csv"), tables, Path("kim.csv"))
    assert run("audit", "add", "last", "kim.csv") == 3

    second = run_direct(config)
    assert second.status == "failed"
    assert "People checked" in second.says


def test_clean_data_pass_on_an_audit(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """Great Expectations compares the audit's numbers too."""
    config = gate_config(
        tables / "clean.csv", tmp_path, decide_on="audited", max_noise_rate=0.1, great_expectations=True
    )
    first = run_direct(config)
    database = tmp_path / "history.db"
    audit = plan_for_run(database, Path(first.folder), max_noise_rate=None, rows=None, more=0, seed=1)
    add_answers(database, audit, [Answer(int(i), "kim", is_wrong=False) for i in audit.plan.positions])
    assert run_direct(config).status == "passed"


def test_a_plan_continues_and_never_changes(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """More rows are appended; the rows planned before stay first, in their order."""
    folder = Path(run_direct(gate_config(tables / "noisy.csv", tmp_path)).folder)
    database = tmp_path / "history.db"

    def plan(**how: Any) -> list[int]:
        given = {"max_noise_rate": None, "rows": None, "more": 0, "seed": 0, **how}
        return [int(row) for row in plan_for_run(database, folder, **given).plan.positions]

    first = plan(rows=40)
    assert plan() == first
    longer = plan(more=30)
    assert longer[:40] == first
    assert len(set(longer)) == 70
    with pytest.raises(ConfigError, match="has an audit plan of 70 rows"):
        plan(rows=10)


def test_every_answer_is_kept_and_the_latest_of_each_person_counts(
    tables: Path, tmp_path: Path, gate_config: Any
) -> None:
    """People may disagree, and may change their minds."""
    folder = Path(run_direct(gate_config(tables / "noisy.csv", tmp_path)).folder)
    database = tmp_path / "history.db"
    audit = plan_for_run(database, folder, max_noise_rate=None, rows=40, more=0, seed=0)
    row = int(audit.plan.positions[0])
    for answer in (Answer(row, "kim", True), Answer(row, "lee", False), Answer(row, "kim", False)):
        add_answers(database, audit, [answer])
    assert read_answers(database, audit.run_id) == [Answer(row, "kim", False), Answer(row, "lee", False)]
    with reading(database) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM audit_answers").scalar() == 3
    finding = finding_for_run(database, audit.run_id)
    assert finding is not None
    assert (finding.estimate.n_audited, finding.estimate.rate) == (1, 0.0)
    outside = next(i for i in range(300) if i not in set(audit.plan.positions.tolist()))
    with pytest.raises(InputError, match="not in the audit plan"):
        add_answers(database, audit, [Answer(outside, "kim", True)])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("t999,ash,yes,,", "no row has the id 't999'"),
        ("t0,GIVEN,perhaps,,", "is_wrong is 'perhaps'"),
        ("t0,GIVEN,,,", "holds no answer"),
    ],
)
def test_a_cell_that_makes_no_sense_is_refused_with_its_line(
    line: str, says: str, tables: Path, tmp_path: Path, gate_config: Any
) -> None:
    """Nothing of such a sheet goes on record."""
    scored = read_scored(Path(run_direct(gate_config(tables / "noisy.csv", tmp_path)).folder))
    sheet = tmp_path / "sheet.csv"
    line = line.replace("GIVEN", scored["given_label"].iloc[0])
    sheet.write_text(f"id,given_label,is_wrong,true_label,who\n{line}\n")
    with pytest.raises(InputError, match=says):
        read_sheet(sheet, scored, "kim")


def test_an_answer_may_be_the_true_label(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """A true label says both whether the given one is wrong and what is right; the two must agree."""
    scored = read_scored(Path(run_direct(gate_config(tables / "noisy.csv", tmp_path)).folder))
    given = scored["given_label"].iloc[0]
    other = next(name for name in ("ash", "birch", "cedar") if name != given)
    sheet = tmp_path / "lee.csv"
    sheet.write_text(f"id,is_wrong,true_label,who\nt0,,{other},\nt0,no,{given},kim\n")
    answers = read_sheet(sheet, scored, "lee")
    assert answers == [Answer(0, "lee", True, other), Answer(0, "kim", False, given)]
    sheet.write_text(f"id,is_wrong,true_label,who\nt0,no,{other},\n")
    with pytest.raises(InputError, match="line 2: is_wrong says 'no', but true_label"):
        read_sheet(sheet, scored, "lee")


SCORED = pd.DataFrame({"id": ["t1", "t2"], "given_label": ["ash", "birch"]})


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_sheet_comes_back_as_spreadsheets_write_it(tmp_path: Path, separator: str) -> None:
    """Byte order mark, Windows' line ends, columns and rows in another order, and more of them."""
    rows = [["who", "is_wrong", "remark", "id"], ["kim", "No", "x", "t2"], ["kim", "yes", "", "t1"]]
    text = "\r\n".join(separator.join(row) for row in rows)
    (tmp_path / "sheet.csv").write_bytes(text.encode("utf-8-sig"))
    found = read_sheet(tmp_path / "sheet.csv", SCORED, "x")
    assert [(a.position, a.who, a.is_wrong) for a in found] == [(1, "kim", False), (0, "kim", True)]


@pytest.mark.parametrize(
    ("line", "says"),
    [("t1,birch,no,kim", "given label is 'birch'"), ("t2,birch,yes,kim", "kim calls row number 1 both")],
)
def test_a_sheet_that_was_mixed_up_is_refused(tmp_path: Path, line: str, says: str) -> None:
    """A column sorted by itself, and two answers of one person on one row, are nobody's answers."""
    head = "id,given_label,is_wrong,who\nt2,birch,no,kim\n"
    (tmp_path / "sheet.csv").write_text(head + line + "\n")
    with pytest.raises(InputError, match=says):
        read_sheet(tmp_path / "sheet.csv", SCORED, "x")
