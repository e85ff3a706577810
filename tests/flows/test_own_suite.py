"""A person's own suite runs first: met or not met, and what each leads to."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cl_core import ConfigError
from cl_flows.cli import main
from cl_flows.config import GateConfig
from cl_flows.direct import run_direct

pytestmark = pytest.mark.gx

ROWS = {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 300}}
NOT_MET = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "height", "max_value": -1e9}}

Make = Callable[..., GateConfig]


def suite(folder: Path, *expectations: dict[str, Any]) -> Path:
    path = folder / "suite.json"
    path.write_text(json.dumps({"name": "trees", "expectations": list(expectations)}), encoding="utf-8")
    return path


def first_number(tables: Path) -> str:
    """Name a numeric column of the tables."""
    header, row = (tables / "clean.csv").read_text().splitlines()[:2]
    cells = dict(zip(header.split(","), row.split(","), strict=True))
    return next(name for name, cell in cells.items() if "." in cell)


def test_a_suite_that_is_met_is_on_record(gate_config: Make, tables: Path, tmp_path: Path) -> None:
    """The run goes on, says so, and leaves both answers and both pages in its folder."""
    warns = NOT_MET | {"severity": "warning", "kwargs": {"column": first_number(tables), "max_value": -1e9}}
    asked = {"suite": str(suite(tmp_path, ROWS, warns)), "data_docs": True}
    result = run_direct(gate_config(tables / "clean.csv", tmp_path / "out", great_expectations=asked))
    folder = Path(result.folder)
    assert result.status == "passed"
    document = json.loads((folder / "great_expectations_suite.json").read_text())
    assert [one["success"] for one in document["expectations"]] == [True, False]
    ours = json.loads((folder / "great_expectations.json").read_text())
    assert ours == json.loads((folder / "report.json").read_text())["validation"]
    assert {one["key"] for one in ours["expectations"]} >= {"noise_rate", "flagged_rows"}
    notes = (folder / "report.md").read_text()
    assert "is met: 2 expectations" in notes
    assert "is not met" in notes  # the warning, aloud
    for page in ("great_expectations.html", "great_expectations_suite.html"):
        assert "Content-Security-Policy" in (folder / page).read_text()


def test_a_suite_that_is_not_met_stops_the_run(
    tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 3, the failed expectation with what it found, and no label was looked at."""
    broken = NOT_MET | {"kwargs": {"column": first_number(tables), "max_value": -1e9}}
    suite(tmp_path, ROWS, broken)
    (tmp_path / "gate.yaml").write_text(
        f"data: {{path: '{tables / 'clean.csv'}', label: label, id: tree}}\n"
        "gate: {max_noise_rate: 0.05, great_expectations: {suite: suite.json}}\n"
        f"output: {{folder: '{tmp_path / 'out'}'}}\n"
    )
    with pytest.raises(SystemExit) as left:
        main(["run", str(tmp_path / "gate.yaml"), "--engine", "direct"])
    said = capsys.readouterr().err
    assert left.value.code == 3
    assert "failed: data set 'clean' does not meet the suite suite.json" in said
    assert "expect_column_values_to_be_between(" in said
    assert "observed 300" in said
    assert "folds predicted" not in said
    assert list((tmp_path / "out").glob("[0-9]*")) == []


@pytest.mark.parametrize(
    "section", [{"context": "x"}, {"suite": "s.json", "enabled": False}, {"data_doc": True}, "yes", 3]
)
def test_a_section_that_means_nothing_is_refused(gate_config: Make, tmp_path: Path, section: Any) -> None:
    """A key nobody reads, or a suite that would never run, is a configuration error."""
    with pytest.raises(ConfigError):
        gate_config(tmp_path / "x.csv", tmp_path, great_expectations=section)
