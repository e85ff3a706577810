"""docs/flows.md shows configurations, patches and state names that are taken as they stand."""

import re
from pathlib import Path

import pytest
import yaml

from cl_flows.config import make_config
from cl_flows.corrections.patch import read_patch
from cl_flows.plan import make_plan

PAGE = Path(__file__).parents[2] / "docs" / "flows.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.DOTALL)


@pytest.mark.parametrize("text", BLOCKS)
def test_every_block_of_the_page_makes_a_plan(text: str) -> None:
    """Beside the data and a limit, nothing else is needed."""
    raw = {"data": {"path": "x.csv", "label": "y"}, "gate": {"max_noise_rate": 0.05}}
    make_plan(make_config({**raw, **yaml.safe_load(text)}, "the page"))


def test_the_patch_of_the_page_is_one(tmp_path: Path) -> None:
    """Its columns and actions are read as they are shown."""
    (block,) = re.findall(r"```text\n(id,.*?)```", TEXT, flags=re.DOTALL)
    (tmp_path / "fixes.csv").write_text(block, encoding="utf-8")
    assert [one.action for one in read_patch(tmp_path / "fixes.csv").answers] == [
        "relabel",
        "exclude",
        "keep",
    ]


@pytest.mark.prefect
def test_the_states_of_the_page_are_those_of_the_flow() -> None:
    """Automations are written by this table."""
    from cl_flows.states import ADVISORY_STATE_NAMES, STATE_NAMES

    assert {*STATE_NAMES.values(), *ADVISORY_STATE_NAMES.values()} == set(
        re.findall(r"`(NoiseGate\w+)`", TEXT)
    )
