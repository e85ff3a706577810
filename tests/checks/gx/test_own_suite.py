"""A person's own suite on their raw table: what Great Expectations would let pass is an error here."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cl_checks.gx.own_suite import SuiteRequest, broken_limits, listed, validate_own
from cl_core import ConfigError, GateError

pytestmark = pytest.mark.gx

ROWS = {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 300}}
Ask = Callable[..., SuiteRequest]


@pytest.fixture
def ask(table: pd.DataFrame, tmp_path: Path) -> Ask:
    """Write the 300 rows and a suite, and give the request about them."""
    table.assign(note=None).to_parquet(tmp_path / "table.parquet")

    def asked(*expectations: dict[str, Any]) -> SuiteRequest:
        path = tmp_path / "suite.json"
        path.write_text(json.dumps({"name": "own", "expectations": list(expectations)}), encoding="utf-8")
        return SuiteRequest(str(tmp_path / "table.parquet"), str(path), "run")

    return asked


def between(column: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": column, "max_value": -1},
    } | more


def test_severities_part_what_blocks_from_what_warns(ask: Ask) -> None:
    """Great Expectations' own success ignores the severity; here only a critical one blocks."""
    document = validate_own(
        ask(ROWS, between("p_cat"), between("p_dog", severity="warning"), between("p_owl", severity="info"))
    )
    blocking, warning = broken_limits(document)
    assert ["p_cat" in one for one in blocking] == [True]
    assert [name in one for name, one in zip(("p_dog", "p_owl"), warning, strict=True)] == [True, True]
    assert document["rows"] == 300


@pytest.mark.parametrize(
    ("expectations", "says"),
    [
        ([], "holds no expectations"),
        ([ROWS, {"type": "expect_wonders", "kwargs": {}}], "nobody knows: expect_wonders"),
        ([{"type": "expect_column_to_exist", "kwargs": {"colum": "y"}}], "is none"),
        ([ROWS, between("nope")], "could not be run"),
    ],
)
def test_a_suite_that_cannot_run_is_no_verdict(ask: Ask, expectations: Any, says: str) -> None:
    """Great Expectations itself would pass the first two and call the others failures."""
    with pytest.raises(GateError, match=says):
        broken_limits(validate_own(ask(*expectations)))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"expectations": [{"expectation_type": "expect_old"}]}'])
def test_a_file_that_is_no_suite_is_refused(ask: Ask, text: str) -> None:
    """A suite of a release before 1.0 has other keys; nothing of it would be run."""
    request = ask()
    Path(request.suite).write_text(text)
    with pytest.raises(ConfigError, match=r"no suite|cannot be read"):
        validate_own(request)


def test_what_is_true_of_nothing_is_said(ask: Ask) -> None:
    """A column without a single value meets any range; the run says that nothing was looked at."""
    document = validate_own(ask(ROWS, between("note")))
    assert document["expectations"][1]["success"] is True
    assert broken_limits(document)[1][0].endswith("looked at no value: all are missing")


def test_a_suite_lives_in_a_file_context(ask: Ask, tmp_path: Path) -> None:
    """The suite of a context is found by its name, parameters and all; a wrong name lists the right ones."""
    import great_expectations as gx
    import great_expectations.expectations as gxe

    context = gx.get_context(mode="file", project_root_dir=tmp_path / "quality")
    rows = gxe.ExpectTableRowCountToBeBetween(min_value={"$PARAMETER": "rows"})
    context.suites.add(gx.ExpectationSuite("animals", expectations=[rows]))
    request = replace(ask(), suite="animals", context=str(tmp_path / "quality"), parameters={"rows": 301})
    blocking, _ = broken_limits(validate_own(request))
    assert "observed 300" in blocking[0]
    with pytest.raises(ConfigError, match="no suite 'plants'") as caught:
        validate_own(replace(request, suite="plants"))
    assert "animals" in caught.value.hint
    with pytest.raises(ConfigError, match="there is no folder"):
        validate_own(replace(request, context=str(tmp_path / "none")))


def test_expectations_of_ones_own_are_imported(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module that is named defines the missing class; one that is not there is named in the error."""
    code = (
        "from great_expectations.expectations import ExpectTableRowCountToEqual\n"
        "class ExpectDozens(ExpectTableRowCountToEqual):\n    pass\n"
    )
    (tmp_path / "our_dozens.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    request = ask({"type": "expect_dozens", "kwargs": {"value": 300}})
    with pytest.raises(GateError, match="expect_dozens"):
        validate_own(request)
    assert broken_limits(validate_own(replace(request, imports=("our_dozens",)))) == ([], [])
    with pytest.raises(ConfigError, match="'our_scores' cannot be imported"):
        validate_own(replace(request, imports=("our_scores",)))


def test_only_so_many_failures_are_listed() -> None:
    """Ten sentences, and how many more."""
    assert listed([str(i) for i in range(12)]).endswith("; 9; and 2 more")
