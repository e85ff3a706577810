"""Gates that pass, fail, are undecided, and crash in several ways."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml


@pytest.fixture
def gate_file(tables: Path, tmp_path: Path) -> Callable[..., Path]:
    """Write a gate.yaml under a name, over the clean or the noisy trees or what else it is told."""

    def write(name: str, data: str = "clean", **sections: Any) -> Path:
        source = str(tables / f"{data}.csv")
        raw = {
            "data": {"path": source, "label": "label", "id": "tree", "name": name},
            "model": {"backend": "tabular", "estimator": "logistic"},
            "gate": {"max_noise_rate": 0.05, "great_expectations": False},
            "output": {"folder": "runs"},
            **sections,
        }
        path = tmp_path / f"{name}.yaml"
        path.write_text(yaml.safe_dump(raw))
        return path

    return write
