"""docs/running.md shows configurations that are taken as they stand."""

import re
from pathlib import Path

import pytest
import yaml

from cl_flows.config import make_config
from cl_flows.plan import make_plan
from cl_flows.run_sections import LimitsSection

PAGE = Path(__file__).parents[2] / "docs" / "running.md"
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("text", BLOCKS)
def test_every_block_of_the_page_makes_a_plan(text: str) -> None:
    """Beside the data and a limit, nothing else is needed."""
    raw = {"data": {"path": "x.csv", "label": "y"}, "gate": {"max_noise_rate": 0.05}}
    make_plan(make_config({**raw, **yaml.safe_load(text)}, "the page"))


def test_the_limits_on_the_page_are_the_defaults() -> None:
    """The page says so."""
    (shown,) = [found["limits"] for text in BLOCKS if "limits" in (found := yaml.safe_load(text))]
    assert LimitsSection(**shown) == LimitsSection()
