"""Mistakes of plugins are loud, and name the plugin and its distribution."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import TypeAlias

from cl_core.plugins import load_plugins

PROJECT = Path(__file__).parents[2] / "pyproject.toml"
RunPython: TypeAlias = Callable[..., CompletedProcess[str]]

SAY_ERROR = """
from cl_core.errors import LabelgateError
from cl_core.plugins import load_plugins
try:
    registry = load_plugins()
except LabelgateError as error:
    print(f"{type(error).__name__}: {error} | {error.hint}")
else:
    print(sorted(offer.plugin.name for offer in registry.offers if offer.kind == "backend"))
"""

TWIN = """
from cl_core import ModelBackend, hookimpl
from cl_plugins.backends.options import TabularOptions

@hookimpl
def labelgate_model_backends():
    yield ModelBackend("tabular", "the same name", TabularOptions, print)
"""


def test_the_built_ins_come_by_the_same_door(run_python: RunPython) -> None:
    """Without any other plugin the registry holds labelgate's own backends."""
    done = run_python(SAY_ERROR)
    assert "'precomputed', " in done.stdout, done.stderr


def test_a_misspelt_hook_is_refused(add_plugin: Callable[[str], None], run_python: RunPython) -> None:
    """The error names the plugin, its distribution and the hook that was meant."""
    add_plugin("def labelgate_model_backend():\n    return []\n")
    said = run_python(SAY_ERROR).stdout
    assert said == (
        "PluginError: plugin 'bad' of 'bad-dist' defines the unknown hook 'labelgate_model_backend' | "
        "did you mean 'labelgate_model_backends'?\n"
    )


def test_twins_name_both_distributions(add_plugin: Callable[[str], None], run_python: RunPython) -> None:
    """Two backends of one name are refused, whichever came first."""
    add_plugin(TWIN)
    said = run_python(SAY_ERROR).stdout
    assert "two backends are called 'tabular'" in said
    assert "'labelgate'" in said
    assert "'bad-dist'" in said


def test_a_crash_in_a_hook_names_the_culprit(
    add_plugin: Callable[[str], None], run_python: RunPython
) -> None:
    """The plugin, its distribution, the hook and the crash are all in the message."""
    code = """
        from cl_core import hookimpl

        @hookimpl
        def labelgate_checks():
            raise ZeroDivisionError("oops")
    """
    add_plugin(code)
    said = run_python(SAY_ERROR).stdout
    assert said.startswith(
        "PluginError: plugin 'bad' of distribution 'bad-dist' crashed in labelgate_checks: "
        "ZeroDivisionError: oops"
    )


def test_a_plugin_that_cannot_be_imported_names_the_culprit(
    add_plugin: Callable[[str], None], run_python: RunPython
) -> None:
    """An ImportError in a plugin is the plugin's, and the hint says how to go on without it."""
    add_plugin("import no_such_module\n")
    said = run_python(SAY_ERROR).stdout
    assert "plugin 'bad' of distribution 'bad-dist' could not be imported: ModuleNotFoundError" in said
    assert "LABELGATE_BLOCK_PLUGINS" in said


def test_a_wrong_record_is_refused(add_plugin: Callable[[str], None], run_python: RunPython) -> None:
    """A hook that offers something else than its record is told which record was wanted."""
    code = "from cl_core import hookimpl\n\n@hookimpl\ndef labelgate_publishers():\n    return ['slack']\n"
    add_plugin(code)
    assert "offered a str, wanted a Publisher" in run_python(SAY_ERROR).stdout


OLD_ESTIMATOR = """
from cl_core import NoiseEstimator, estimate_noise_rate, hookimpl
from cl_plugins.noise_estimators import EstimatorOptions

def estimate(labels, pred_probs, options):
    return estimate_noise_rate(labels, pred_probs, method="confident_joint")

@hookimpl
def labelgate_noise_estimators():
    yield NoiseEstimator("old", "the form of 0.1", EstimatorOptions, estimate)
"""


def test_an_old_form_works_and_its_word_is_in_the_report(
    add_plugin: Callable[[str], None], run_python: RunPython, tmp_path: Path
) -> None:
    """An estimator that takes the array gets it, and people read what its authors should change."""
    add_plugin(OLD_ESTIMATOR)
    rows = "".join(f"{i % 2 + i / 1000},{'ab'[i % 2]}\n" for i in range(120))
    (tmp_path / "rows.csv").write_text("x,label\n" + rows)
    code = """
import json, pathlib
from cl_flows.config import make_config
from cl_flows.direct import run_direct
raw = {
    "data": {"path": "rows.csv", "label": "label"},
    "estimate": {"method": "old"},
    "gate": {"max_noise_rate": 0.05, "great_expectations": False},
}
result = run_direct(make_config(raw, "test"))
report = json.loads((pathlib.Path(result.folder) / "report.json").read_text())
print(result.status, report["noise"]["method"], *report["notes"], sep="|")
"""
    done = run_python(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("passed|confident_joint|estimator 'old' of bad-dist 0.1 has an old form: ")
    assert "rename the second parameter to `predictions` and read `.pred_probs`" in done.stdout


def test_a_blocked_plugin_is_not_loaded(add_plugin: Callable[[str], None], run_python: RunPython) -> None:
    """The environment variable keeps a broken plugin out; the others work on."""
    add_plugin("import no_such_module\n")
    done = run_python(SAY_ERROR, LABELGATE_BLOCK_PLUGINS="other, bad")
    assert "'precomputed', " in done.stdout, done.stderr


def test_listing_plugins_imports_nothing_heavy(run_python: RunPython) -> None:
    """The built-in plugins are offered without scikit-learn, PyArrow or Great Expectations."""
    code = """
import sys
import cl_core
before = set(sys.modules)
import cl_plugins.builtin
new = {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(new & {"sklearn", "scipy", "pyarrow", "great_expectations", "prefect", "matplotlib"}))
"""
    assert run_python(code).stdout == "[]\n"


def test_what_a_built_in_needs_is_an_extra_of_ours() -> None:
    """`pip install "llm"` would bring a package of somebody else."""
    ours = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    extras = {f"labelgate[{name}]" for name in ours["optional-dependencies"]}
    offers = [offer for offer in load_plugins().offers if offer.distribution == "labelgate"]
    needy = [offer for offer in offers if getattr(offer.plugin, "requires", ())]
    assert len(needy) > 3
    assert [offer.plugin.name for offer in needy if getattr(offer.plugin, "extra", "") not in extras] == []
