"""The page about the noise rate says what the code does."""

from pathlib import Path

import pytest

from cl_core.noise import METHODS, reading

PAGE = Path(__file__).parents[3] / "docs" / "noise_rate.md"


@pytest.mark.skipif(not PAGE.exists(), reason="the documentation is not part of the wheel")
def test_the_page_gives_the_constants_and_the_methods() -> None:
    """Each reading's row holds the constants in use; each method is explained."""
    page = PAGE.read_text(encoding="utf-8")
    assert f"| rate | 1 | | {reading.RATE_MIDDLE:.2f} | {reading.RATE_LATE:.2f} | |" in page
    assert f"| low | 1 | {reading.LOW_PLATEAU:.2f} | | | {reading.LOW_SURPLUS:.2f} |" in page
    for method in METHODS:
        assert method == "auto" or f"`{method}`" in page
