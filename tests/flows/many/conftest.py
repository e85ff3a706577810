"""Gates that pass, fail, are undecided, and crash in several ways."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from trees import tree_gate


@pytest.fixture
def gate_file(tables: Path, tmp_path: Path) -> Callable[..., Path]:
    """Write a gate.yaml under a name, over the clean or the noisy trees or what else it is told."""

    def write(name: str, data: str = "clean", **sections: Any) -> Path:
        raw = tree_gate(tables / f"{data}.csv")
        raw["data"]["name"] = name
        path = tmp_path / f"{name}.yaml"
        path.write_text(yaml.safe_dump({**raw, **sections}))
        return path

    return write
