"""`labelgate plugins` shows every plugin's health, and one broken plugin hides no other."""

import json
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any, TypeAlias

RunPython: TypeAlias = Callable[..., CompletedProcess[str]]
LIST = "from cl_flows.cli import main\nmain(['plugins', *{arguments}])"

NEEDY = """
from cl_core import DatasetLoader, hookimpl
from cl_plugins.options import Options

@hookimpl
def labelgate_dataset_loaders():
    yield DatasetLoader("needy", "x", Options, print, requires=("no_such", "json"), extra="bad[more]")
    yield DatasetLoader("bare", "x", Options, print, requires=("no_such",))
"""
OLD = """
from cl_core import NoiseEstimator, hookimpl
from cl_plugins.options import Options

def estimate(labels, pred_probs, options):
    raise NotImplementedError

@hookimpl
def labelgate_noise_estimators():
    yield NoiseEstimator("old", "an old form", Options, estimate)
"""


def listed(run_python: RunPython, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = run_python(LIST.format(arguments=[*arguments, "--format", "json"]))
    assert done.stdout, done.stderr
    return done.returncode, {plugin["name"]: plugin for plugin in json.loads(done.stdout)}


def test_sound_plugins_are_ok(run_python: RunPython) -> None:
    """Name, kind, summary, origin, options, health; exit code 0."""
    code, found = listed(run_python, "backend")
    assert code == 0
    tabular = found["tabular"]
    assert (tabular["kind"], tabular["distribution"], tabular["health"]) == ("backend", "labelgate", "ok")
    assert "folds" in tabular["options"]
    assert {plugin["kind"] for plugin in found.values()} == {"backend"}


def test_a_missing_module_is_named_with_the_command(
    add_plugin: Callable[[str], None], run_python: RunPython
) -> None:
    """The extra where the plugin names one, else the module itself."""
    add_plugin(NEEDY)
    code, found = listed(run_python)
    assert code == 0
    assert found["needy"]["health"] == 'needs no_such: pip install "bad[more]"'
    assert found["bare"]["health"] == 'needs no_such: pip install "no_such"'


def test_an_old_form_is_named_with_what_to_do(
    add_plugin: Callable[[str], None], run_python: RunPython
) -> None:
    """It works on, until the release that the word names."""
    add_plugin(OLD)
    code, found = listed(run_python, "estimator")
    assert code == 0
    assert found["old"]["health"].startswith("deprecated form: rename the second parameter")
    assert found["auto"]["health"] == "ok"


def test_a_broken_plugin_is_listed_beside_the_others(
    add_plugin: Callable[[str], None], run_python: RunPython
) -> None:
    """The listing goes on and ends with 1; a gate refuses to run."""
    add_plugin("import no_such_module\n")
    code, found = listed(run_python)
    assert code == 1
    assert found["tabular"]["health"] == "ok"
    broken = found["bad"]
    assert broken["distribution"] == "bad-dist"
    assert broken["health"].startswith(
        "broken: plugin 'bad' of distribution 'bad-dist' could not be imported"
    )
    text = run_python(LIST.format(arguments=[]))
    assert "broken: plugin 'bad'" in text.stdout
    run = run_python("from cl_flows.cli import main\nmain(['run', 'x.csv', '--max-noise-rate', '0.1'])")
    assert run.returncode == 1
    assert "could not be imported" in run.stderr
