"""The page about the gate says what the code does."""

from pathlib import Path

import pytest

from cl_checks.builtin import labelgate_checks
from cl_checks.coverage import CoverageOptions
from cl_checks.model_quality import ModelQualityOptions
from cl_checks.policy import preset_table

PAGE = Path(__file__).parents[2] / "docs" / "gate.md"


@pytest.mark.skipif(not PAGE.exists(), reason="the documentation is not part of the wheel")
def test_the_page_lists_every_check_and_option() -> None:
    """Each code, each option and each default is on the page."""
    page = PAGE.read_text(encoding="utf-8")
    for check in labelgate_checks():
        assert f"| {check.code} | {check.name} |" in page
        for option in check.options.model_fields:
            assert f"`{option}`" in page or f"`{option}:" in page
    assert f"`min_rows` ({CoverageOptions().min_rows})" in page
    assert f"`min_rows_per_class` ({CoverageOptions().min_rows_per_class})" in page
    assert f"`max_calibration_error` ({ModelQualityOptions().max_calibration_error})" in page


@pytest.mark.skipif(not PAGE.exists(), reason="the documentation is not part of the wheel")
def test_the_table_of_presets_is_the_code() -> None:
    """What a preset switches on is written by `preset_table`."""
    assert f"<!-- presets -->\n{preset_table()}\n<!-- /presets -->" in PAGE.read_text(encoding="utf-8")
