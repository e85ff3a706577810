"""docs/plugins.md does what it says."""

import re
import subprocess
import sys
from collections.abc import Callable
from inspect import getdoc
from pathlib import Path
from typing import TypeAlias

import pytest

from cl_core.hooks import Specs

PAGE = Path(__file__).parents[2] / "docs" / "plugins.md"
HOOKS = [name for name in vars(Specs) if name.startswith("labelgate_")]
RunPython: TypeAlias = Callable[..., "subprocess.CompletedProcess[str]"]


def test_the_backend_on_the_page_works(tmp_path: Path, plugin_folder: Path, run_python: RunPython) -> None:
    """The page's three files, installed by pip, are found by the registry and keep the contract."""
    source = tmp_path / "source"
    source.mkdir()
    blocks = re.findall(r"```\w+\n# (\S+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    for name, text in blocks:
        (source / name).write_text(text, encoding="utf-8")
    options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(plugin_folder), str(source)]
    subprocess.run(command, check=True, timeout=120)
    (plugin_folder / "test_bayes_labels.py").write_text(dict(blocks)["test_bayes_labels.py"])
    code = """
from cl_core import ModelBackend
from cl_core.plugins import load_plugins
print(load_plugins().find(ModelBackend, "bayes").summary)
"""
    assert run_python(code).stdout == "Gaussian naive Bayes for numeric columns\n"
    test = run_python("import test_bayes_labels as t\nt.test_our_backend_keeps_the_contract()\nprint('kept')")
    assert test.stdout == "kept\n", test.stderr


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_has_an_example_and_a_line_on_the_page(name: str) -> None:
    """A hook without an example to copy and a place on the page is not finished."""
    assert "@hookimpl" in (getdoc(getattr(Specs, name)) or "")
    assert f"`{name}`" in PAGE.read_text(encoding="utf-8")
