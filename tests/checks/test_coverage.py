"""LN003 against hand-made counts."""

from collections.abc import Callable

import pytest

from cl_checks.coverage import CoverageOptions, check_coverage
from cl_core import Evidence, Passed, Undecided

Make = Callable[..., Evidence]


@pytest.mark.parametrize(
    ("rows", "outcome", "measured", "limit"),
    [
        ((25, 25), Passed, 50, 50),
        ((25, 24), Undecided, 49, 50),
        ((90, 10), Passed, 100, 50),
        ((91, 9), Undecided, 9, 10),
        ((91, 0, 9), Undecided, 0, 10),  # a class that labels no row cannot be recognised
    ],
)
def test_rows_in_all_and_in_each_class(
    evidence: Make, rows: tuple[int, ...], outcome: type, measured: int, limit: int
) -> None:
    """Exactly the fewest pass; one row less, in all or in a class, is undecided."""
    verdict = check_coverage(evidence(rows=rows), CoverageOptions())
    assert type(verdict) is outcome
    assert (verdict.code, verdict.measured, verdict.limit) == ("LN003", measured, limit)


def test_scarce_classes_are_named_scarcest_first(evidence: Make) -> None:
    """People see which classes to label, five of them at most."""
    verdict = check_coverage(evidence(rows=(90, 3, 1, 2, 5, 4, 6)), CoverageOptions())
    assert (
        "6 of 7 classes: class-2 (1), class-3 (2), class-1 (3), class-5 (4), class-4 (5) and 1 more"
        in verdict.says
    )


def test_the_limits_are_options(evidence: Make) -> None:
    """Whoever accepts a class without rows can say so."""
    options = CoverageOptions(min_rows=1, min_rows_per_class=0)
    assert isinstance(check_coverage(evidence(rows=(9, 0)), options), Passed)
