"""A third party's distribution, installed by pip and used through the registry."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

RunPython: TypeAlias = Callable[..., "subprocess.CompletedProcess[str]"]
ACME = Path(__file__).parent / "acme_plugin"


@pytest.fixture
def acme(plugin_folder: Path) -> Path:
    """Acme's distribution, installed into the plugin folder."""
    options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(plugin_folder), str(ACME)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return plugin_folder


@pytest.mark.usefixtures("acme")
def test_an_installed_plugin_loads_predicts_and_judges(run_python: RunPython, tmp_path: Path) -> None:
    """Acme's loader, backend and check are found by name and suffix, and work together."""
    rows = [{"x": i % 2 + i / 1000, "label": "ab"[i % 2]} for i in range(40)]
    data = tmp_path / "rows.jsonl"
    data.write_text("\n".join(map(json.dumps, rows)))
    code = """
from cl_core import Check, ModelBackend, assess
from cl_core.plugins import load_plugins
registry = load_plugins()
loader = registry.loader_for("rows.jsonl")
data = loader.load(loader.options(path="rows.jsonl"))
backend = registry.find(ModelBackend, "acme-centroid")
found = backend.predict(data, backend.options(), lambda *step: None)
check = registry.find(Check, "acme-balance")
verdict = check.check(assess(data.labels, found.pred_probs), check.options())
print(registry.origin(loader), data.classes, verdict.status)
"""
    done = run_python(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "acme-labels ('a', 'b') passed\n"


@pytest.mark.usefixtures("acme")
def test_an_installed_plugin_keeps_the_contract(run_python: RunPython, tmp_path: Path) -> None:
    """The checks of cl_core.testing pass for Acme's three plugins."""
    (tmp_path / "rows.jsonl").write_text('{"x": 0, "label": "a"}\n{"x": 1, "label": "b"}\n')
    code = """
from cl_core.testing import check_backend, check_check, check_loader
from acme_labels import plugin
if __name__ == "__main__":
    check_backend(*plugin.labelgate_model_backends(), worker=False)
    check_loader(*plugin.labelgate_dataset_loaders(), {"path": "rows.jsonl"})
    check_check(*plugin.labelgate_checks())
    print("kept")
"""
    done = run_python(code)
    assert done.stdout == "kept\n", done.stderr
