"""The example of a training flow: blocked on bad labels, told of them when it asked for no more."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import yaml

from cl_flows import GateFailed
from trees import tree_gate

EXAMPLE = Path(__file__).parents[2] / "examples" / "prefect" / "training.py"

pytestmark = [
    pytest.mark.prefect,
    pytest.mark.usefixtures("prefect_api"),
    pytest.mark.skipif(not EXAMPLE.exists(), reason="examples/ is not part of the wheel"),
]


def load(project: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    raw = tree_gate(source)
    del raw["output"]
    (project / "gate.yaml").write_text(yaml.safe_dump(raw))
    monkeypatch.setenv("LABELS_PROJECT", str(project))
    spec = importlib.util.spec_from_file_location("training_example", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_nothing_is_trained_on_bad_labels(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless the gate only advises; good labels are trained on."""
    noisy = load(tmp_path, tables / "noisy.csv", monkeypatch)
    with pytest.raises(GateFailed):
        noisy.training()
    assert not (tmp_path / "model.txt").exists()
    assert noisy.training(advisory=True).exists()

    (tmp_path / "model.txt").unlink()
    clean = load(tmp_path, tables / "clean.csv", monkeypatch)
    assert clean.training().read_text().startswith("trained on the labels of run 2")
