"""The README promises commands, files and targets; each of them is there."""

import re
import shlex
from pathlib import Path

import click
import pytest

from cl_flows.cli.main import labelgate

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"

pytestmark = pytest.mark.skipif(not README.exists(), reason="the README is not beside these tests")


def commands() -> list[list[str]]:
    """Every labelgate command of a console block, as words."""
    text = README.read_text(encoding="utf-8") if README.exists() else ""
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    lines = [line.removeprefix("$ ").split("#")[0] for block in blocks for line in block.splitlines()]
    calls = [call.strip() for line in lines for call in line.split("&&")]
    return [shlex.split(call)[1:] for call in calls if re.match(r"(\.venv/bin/)?labelgate ", call)]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_of_the_readme_is_understood(words: list[str]) -> None:
    """A renamed flag breaks this test before it breaks a reader."""
    command: click.Command = labelgate
    while isinstance(command, click.Group) and words:
        command = command.commands[words.pop(0)]
    command.make_context("labelgate", words)


def test_the_readme_shows_commands() -> None:
    """The parser above did find them."""
    assert len(commands()) > 5


def test_every_link_of_the_documentation_leads_somewhere() -> None:
    """Relative links of the README and of docs/."""
    broken = [
        f"{page.name}: {link}"
        for page in [README, *(ROOT / "docs").rglob("*.md")]
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert broken == []


def test_every_make_target_of_the_readme_exists() -> None:
    """`make x` in the README is a target of the Makefile."""
    named = set(re.findall(r"(?:\$ |`)make ([a-z-]+)", README.read_text(encoding="utf-8")))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"demo", "test"} <= named <= targets
