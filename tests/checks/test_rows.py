"""LN008, LN011, LN012 and LN013: rows counted by hand."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from cl_checks.audit_required import AuditRequiredOptions, check_audit_required
from cl_checks.duplicates import DuplicatesOptions, check_duplicates
from cl_checks.flagged_rows import FlaggedRowsOptions, check_flagged_rows
from cl_checks.missing_labels import MissingLabelsOptions, check_missing_labels
from cl_core import (
    Clips,
    ConfigError,
    Context,
    Dataset,
    Evidence,
    Failed,
    InputError,
    MediaFiles,
    Passed,
    Undecided,
    assess,
)
from cl_core.audit import collect_answers, plan_audit
from cl_core.audit.finding import audit_finding

Make = Callable[..., Evidence]
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("options", "outcome"),
    [
        ({"max_rows": 8}, Passed),
        ({"max_rows": 7}, Failed),
        ({"max_share": 0.04}, Passed),
        ({"max_share": 0.039}, Failed),
        ({"max_rows": 7, "max_share": 1.0}, Failed),
        ({"max_rows": 9, "max_share": 0.01}, Failed),
    ],
)
def test_flagged_rows_are_held_against_both_limits(evidence: Make, options: Any, outcome: type) -> None:
    """8 of 200 rows are flagged; exactly the limit passes."""
    assert type(check_flagged_rows(evidence(), FlaggedRowsOptions(**options))) is outcome


def test_flagged_rows_without_a_limit_is_refused() -> None:
    """A check that checks nothing is no check."""
    with pytest.raises(ValidationError, match="without a limit"):
        FlaggedRowsOptions()


def rows_of(labels: list[str], features: Any, modality: Any = "table", **more: Any) -> Evidence:
    """Build evidence about rows with these labels and features; a model that says nothing much."""
    classes, numbers = np.unique(np.array(labels), return_inverse=True)
    dataset = Dataset(
        "hand",
        np.arange(len(labels)),
        numbers.astype(np.intp),
        tuple(classes),
        features,
        modality,
        "00",
        **more,
    )
    probs = np.full((len(labels), len(classes)), 1 / len(classes))
    return replace(assess(numbers, probs, classes=tuple(classes)), context=Context(dataset))


@pytest.mark.parametrize(("missing", "outcome"), [(0, Passed), (5, Passed), (6, Failed)])
def test_rows_without_a_label_are_counted_among_all_rows(missing: int, outcome: type) -> None:
    """5 of 100 keep to 5 %."""
    found = rows_of(["a", "b"] * 47 + ["a"], None, "none", n_unlabelled=missing)
    assert type(check_missing_labels(found, MissingLabelsOptions())) is outcome


def test_unknown_numbers_of_missing_labels_are_an_error(evidence: Make) -> None:
    """A check that cannot run is no pass."""
    with pytest.raises(InputError, match="cannot run"):
        check_missing_labels(evidence(), MissingLabelsOptions())


TABLE = pd.DataFrame({"x": [1.0, 1.0, 2.0, 2.0, np.nan, np.nan], "c": ["u", "u", "u", "v", None, None]})
LABELS = ["a", "b", "a", "b", "a", "a"]


def media(tmp_path: Path) -> MediaFiles:
    """Rows 0 and 1 are the same file twice; row 3 is as long as row 2 and differs."""
    for name, text in (
        ("0", "same"),
        ("1", "same"),
        ("2", "abc"),
        ("3", "abd"),
        ("4", "long one"),
        ("5", "x"),
    ):
        (tmp_path / name).write_text(text)
    return MediaFiles(str(tmp_path), np.array(list("012345")))


@pytest.mark.parametrize("kind", ["table", "text", "array", "clips", "files"])
def test_twins_with_different_labels_are_found_in_every_modality(kind: str, tmp_path: Path) -> None:
    """Rows 0 and 1 are twins and disagree: 2 of 6 rows. Other twins agree, other rows differ."""
    features: Any = {
        "table": TABLE,
        "text": ["hi", "hi", "ho", "hu", "x", "x"],
        "array": np.array([[1, 2], [1, 2], [2, 1], [3, 3], [4, 4], [4, 4]]),
        "clips": Clips(np.array([1, 2, 1, 2, 1, 3]), np.array([0, 2, 4, 4, 5, 6, 6]), 8000),
        "files": media(tmp_path),
    }[kind]
    modality = {"clips": "audio", "files": "image"}.get(kind, kind)
    found = rows_of(LABELS, features, modality)
    outcome = check_duplicates(found, DuplicatesOptions())
    assert isinstance(outcome, Failed)
    assert outcome.measured == pytest.approx(2 / 6)
    assert "row 0 as 'a', row 1 as 'b'" in outcome.says
    assert isinstance(check_duplicates(found, DuplicatesOptions(max_share=0.34)), Passed)


def test_columns_of_the_source_can_say_what_a_twin_is() -> None:
    """By column c alone, rows 0, 1 and 2 are the same; missing cells are equal."""
    found = rows_of(LABELS, None, "none", source=TABLE)
    outcome = check_duplicates(found, DuplicatesOptions(columns=("c",)))
    assert outcome.measured == pytest.approx(3 / 6)
    with pytest.raises(ConfigError, match="'d'"):
        check_duplicates(found, DuplicatesOptions(columns=("d",)))


def test_data_without_content_are_an_error_or_said(evidence: Make) -> None:
    """Probabilities alone cannot be compared; presets do not insist, and the check says what it did."""
    for found in (rows_of(LABELS, None, "none"), evidence()):
        with pytest.raises(InputError, match="cannot run"):
            check_duplicates(found, DuplicatesOptions())
        outcome = check_duplicates(found, DuplicatesOptions(required=False))
        assert isinstance(outcome, Passed)
        assert "not looked for" in outcome.says


def test_swapped_cells_are_no_twins() -> None:
    """The order of columns counts, and cells that hold lists can be compared."""
    swapped = pd.DataFrame({"p": ["u", "v", "w"], "q": ["v", "u", "w"], "l": [[1], [1], {2}]})
    assert isinstance(check_duplicates(rows_of(["a", "b", "a"], swapped), DuplicatesOptions()), Passed)


def test_a_file_that_is_gone_is_an_error(tmp_path: Path) -> None:
    """Never a pass of rows that were not compared."""
    found = rows_of(LABELS, media(tmp_path), "image")
    (tmp_path / "3").unlink()
    with pytest.raises(InputError, match="cannot be read"):
        check_duplicates(found, DuplicatesOptions())


@pytest.mark.parametrize(
    ("age", "options", "outcome", "measured"),
    [
        (90, {}, Passed, 90),
        (91, {}, Undecided, 91),
        (0, {"min_rows": 60}, Passed, 0),
        (0, {"min_rows": 61}, Undecided, 60),
        (None, {}, Undecided, 0),
    ],
)
def test_an_audit_is_wanted_large_and_fresh_enough(
    evidence: Make, age: int | None, options: Any, outcome: type, measured: int
) -> None:
    """60 rows were checked; the clock stands at the first of March."""
    found = evidence()
    if age is not None:
        quality = np.linspace(0, 1, 200)
        plan = plan_audit(quality, max_noise_rate=0.1, n_rows=60, rng=np.random.default_rng(0))
        finding = audit_finding(plan, collect_answers(plan.positions, [0] * 60), max_noise_rate=0.1)
        context = Context(now=NOW, audited_at=NOW - timedelta(days=age))
        found = replace(found, audit=finding, context=context)
        weighed_against_nothing = replace(found, audit=None)
        assert "limit of 0 or 1" in check_audit_required(weighed_against_nothing, AuditRequiredOptions()).says
    verdict = check_audit_required(found, AuditRequiredOptions(**options))
    assert (type(verdict), verdict.measured) == (outcome, measured)
