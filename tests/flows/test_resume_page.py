"""docs/resume.md shows settings that are taken as they stand."""

import re
from pathlib import Path

import pytest
import yaml

from cl_flows.config import make_config

PAGE = Path(__file__).parents[2] / "docs" / "resume.md"

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="docs/ is not part of the wheel")


def test_every_block_of_the_page_is_a_configuration() -> None:
    """And the defaults that it names are the defaults."""
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    base = {"data": {"path": "x.csv"}, "gate": {"max_noise_rate": 0.05}}
    first, second = (make_config({**base, **yaml.safe_load(block)}, "the page") for block in blocks)
    assert (first.limits.run, second.gate.asks_people) == (7200, True)
    plain = make_config(base, "test")
    assert (plain.limits.run, plain.gate.undecided) == (None, "stop")
    assert plain.limits.answers == second.limits.answers
