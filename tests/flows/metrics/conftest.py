"""Real gates, run for the metrics that they leave."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from cl_flows.config import make_config
from cl_flows.direct import run_direct
from cl_flows.outcome import GateResult
from trees import tree_gate

Gate: TypeAlias = Callable[..., GateResult]


def _gate(source: Path, output: Path, name: str, *publish: dict[str, Any], **model: Any) -> GateResult:
    raw = tree_gate(source, output)
    raw["data"]["name"] = name
    raw["model"].update(model)
    return run_direct(make_config({**raw, "publish": list(publish)}, "test"))


@pytest.fixture(scope="session")
def gate() -> Gate:
    """Gate a table under a name of its own, at a limit of 5 %."""
    return _gate


@pytest.fixture(scope="session")
def gated(gate: Gate, tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a failed run and an older passed one of `trees`, and a passed run of `say "ash"`."""
    output = tmp_path_factory.mktemp("gated")
    for source, name in (("clean", "trees"), ("noisy", "trees"), ("clean", 'say "ash"')):
        gate(tables / f"{source}.csv", output, name)
    return output
