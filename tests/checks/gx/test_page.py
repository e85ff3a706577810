"""The page about Great Expectations: its code runs, word for word, and its names are there."""

import re
from pathlib import Path

import pandas as pd
import pytest

import cl_checks

PAGE = Path(__file__).parents[3] / "docs" / "great_expectations.md"


@pytest.mark.gx
def test_the_suite_on_the_page_runs(
    table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A tenth of the labels is wrong, the page's limit is 5 %: the page's checkpoint fails."""
    table.to_csv(tmp_path / "animals.csv", index_label="row")
    monkeypatch.chdir(tmp_path)
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)[0]
    exec(compile(code, str(PAGE), "exec"), {})  # noqa: S102 - our own page
    assert capsys.readouterr().out.splitlines()[-1] == "False"
    assert (tmp_path / "quality" / "gx" / "expectations" / "labels.json").is_file()


def test_the_page_names_what_can_be_imported() -> None:
    """Every expectation and action that cl_checks offers is on the page."""
    page = PAGE.read_text(encoding="utf-8")
    offered = [name for name in cl_checks.__all__ if name.startswith(("Expect", "LabelGate", "refuse"))]
    assert len(offered) == 6
    assert [name for name in offered if name not in page] == []
