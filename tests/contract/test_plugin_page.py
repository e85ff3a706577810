"""docs/plugins.md does what it says."""

import re
from collections.abc import Callable
from inspect import getdoc
from pathlib import Path
from subprocess import CompletedProcess
from typing import TypeAlias

import pytest

from cl_core.hooks import Specs
from cl_flows.plugin_draft import draft_plugin

PAGE = Path(__file__).parents[2] / "docs" / "plugins.md"
HOOKS = [name for name in vars(Specs) if name.startswith("labelgate_")]
Shell: TypeAlias = Callable[[str, Path], CompletedProcess[str]]


def test_the_ten_minutes_work_as_they_stand_there(tmp_path: Path, shell: Shell) -> None:
    """Every command and every file of the section, in order, in one shell that stops at the first failure."""
    section = PAGE.read_text(encoding="utf-8").partition("## Ten minutes")[2].partition("\n## ")[0]
    script = []
    for language, text in re.findall(r"```(\w+)\n(.*?)```", section, flags=re.DOTALL):
        name = re.match(r"# (\S+)\n", text)
        if language == "sh":
            script.append(text)
        elif name:
            script.append(f"cat > {name[1]} <<'END_OF_FILE'\n{text}END_OF_FILE\n")
    done = shell("\n".join(script), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("1 passed") == 2
    assert "acme-centroid" in done.stdout
    assert "PASSED: wine" in done.stderr


def test_the_test_on_the_page_is_the_one_that_is_written(tmp_path: Path) -> None:
    """What the page shows of the tests is what `plugins new` writes."""
    shown = re.findall(
        r"```python\n(from cl_core.testing.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
    )
    written = (draft_plugin("acme-bayes", "backend", tmp_path) / "tests/test_acme_bayes.py").read_text()
    for line in filter(None, shown[0].replace("contract():", "contract() -> None:").splitlines()):
        assert line in written


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_has_an_example_and_a_line_on_the_page(name: str) -> None:
    """A hook without an example to copy and a place on the page is not finished."""
    assert "@hookimpl" in (getdoc(getattr(Specs, name)) or "")
    assert f"`{name}`" in PAGE.read_text(encoding="utf-8")
