"""The page about the noise rate says what the code does."""

from dataclasses import fields
from pathlib import Path

import pytest

from cl_core.noise import METHODS, reading

PAGE = Path(__file__).parents[3] / "docs" / "noise_rate.md"


@pytest.mark.skipif(not PAGE.exists(), reason="the documentation is not part of the wheel")
def test_the_page_gives_the_terms_and_the_methods() -> None:
    """The number of settings looked up and each of the terms are those in use; each method is explained."""
    page = PAGE.read_text(encoding="utf-8")
    assert f"{len(reading.known().truth):,} settings" in page
    for term in fields(reading.Terms):
        assert f"| *{term.name}* |" in page
    for method in METHODS:
        assert method == "auto" or f"`{method}`" in page
