"""`labelgate plugins new`: start a plugin's distribution. The texts are templates, see `plugin_draft`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from cl_flows.plugin_draft import Kind


@click.command(
    epilog="""\b
Examples:
  labelgate plugins new acme-bayes --kind backend
  labelgate plugins new acme-chat --kind publisher --into ~/projects
"""
)
@click.argument("name")
@click.option(
    "--kind",
    required=True,
    type=click.Choice(["loader", "backend", "estimator", "check", "publisher"]),
    help="What the plugin is to do.",
)
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder in which the folder NAME is made.  [default: here]",
)
def new(name: str, kind: "Kind", into: Path) -> None:
    """Write the distribution NAME: pyproject, a plugin that works, tests that pass, README."""
    from cl_flows.plugin_draft import draft_plugin

    folder = draft_plugin(name, kind, into)
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        click.echo(f"  {path}", err=True)
    click.echo(
        f"""
Next:
  cd {folder}
  pip install --editable .
  labelgate plugins {kind}
  python -m pytest""",
        err=True,
    )
