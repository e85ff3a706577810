"""docs/deploy.md shows commands that are understood and names files that are there."""

import re
import shlex
from pathlib import Path

import click
import pytest

from cl_flows.cli.main import labelgate

PAGE = Path(__file__).parents[2] / "docs" / "deploy.md"
TEXT = PAGE.read_text(encoding="utf-8")
COMMANDS = re.findall(r"(?:^\$ |/bin/)(labelgate .*)$", TEXT, flags=re.MULTILINE)


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_page_is_understood(line: str) -> None:
    """A renamed option breaks this test before it breaks a night."""
    words = shlex.split(line)[1:]
    command: click.Command = labelgate
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    command.make_context("labelgate", words)


def test_the_page_shows_commands_and_files_that_are_there() -> None:
    """Both kinds were found."""
    files = set(re.findall(r"deployments/[\w./-]*\w", TEXT))
    assert len(COMMANDS) >= 5
    assert "deployments/compose.yaml" in files
    assert [name for name in files if not (PAGE.parents[1] / name).exists()] == []
