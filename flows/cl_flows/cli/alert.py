"""`labelgate alert`: try the alerts of a gate.yaml. A gate that runs sends its own."""

from pathlib import Path

import click


@click.group()
def alert() -> None:
    """Try the alerts that a gate.yaml sets up."""


@alert.command(
    epilog="""\b
Examples:
  labelgate alert test
  labelgate alert test slack --config gates/trees.yaml
"""
)
@click.argument("publisher", required=False)
@click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=Path("gate.yaml"),
    show_default=True,
    help="The gate whose alerts are tried.",
)
def test(publisher: str | None, config: Path) -> None:
    """Send a marked test message to PUBLISHER, or to everyone who is alerted."""
    from cl_flows.alert_test import send_tests

    for name in send_tests(config, publisher):
        click.echo(f"{name}: sent", err=True)
