"""The Dagster example: a blocking check stands between bad labels and the model."""

import importlib.util
import os
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.extra
EXAMPLE = Path(__file__).parents[2] / "examples/dagster/label_gate.py"


def load(project: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("LABELS_PROJECT", str(project))
    monkeypatch.setenv("DAGSTER_HOME", str(project))
    monkeypatch.setitem(os.environ, "DAGSTER_DISABLE_TELEMETRY", "1")
    spec = importlib.util.spec_from_file_location("dagster_label_gate", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.filterwarnings("ignore")  # Dagster's own
@pytest.mark.parametrize(("project", "trained"), [(0.0, True), (0.2, False)], indirect=["project"])
def test_the_model_is_built_on_good_labels_only(
    project: Path, trained: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same assets, once with clean and once with noisy labels."""
    import dagster as dg

    job = load(project, monkeypatch).defs.resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        run = job.execute_in_process(instance=instance, raise_on_error=False)
    assert run.success is trained
    assert (project / "trained").exists() is trained
    (check,) = run.get_asset_check_evaluations()
    assert check.passed is trained
    assert "the limit is 5%" in check.description
