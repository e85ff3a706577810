"""The fixture ``labelgate`` makes a test of a data set, in a suite that knows nothing else of labelgate."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

SUITE = """
def test_labels(labelgate):
    result = labelgate({source!r}, label="label", id="tree", max_noise_rate={limit})
    assert result.n_rows == 300
"""


@pytest.mark.parametrize(("name", "limit", "passed"), [("clean", 0.05, 1), ("noisy", 0.05, 0)])
def test_a_suite_passes_and_fails_with_its_labels(
    pytester: pytest.Pytester, tables: Path, name: str, limit: float, passed: int
) -> None:
    """The failure is the verdict, without a traceback through labelgate."""
    pytester.makepyfile(SUITE.format(source=str(tables / f"{name}.csv"), limit=limit))
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=passed, failed=1 - passed)
    if not passed:
        result.stdout.fnmatch_lines(["labelgate failed: noisy", "*the limit is 5%*", "report: *report.html"])
        result.stdout.no_fnmatch_line("*direct.py*")


def test_a_suite_that_never_asks_pays_nothing(pytester: pytest.Pytester) -> None:
    """Installing labelgate does not slow down other tests."""
    pytester.makepyfile(
        "import sys\ndef test_it():\n    assert not {'prefect', 'sklearn', 'pandas'} & set(sys.modules)\n"
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:hypothesispytest").assert_outcomes(
        passed=1
    )
