"""`labelgate schedule`: gates on a clock, on one machine. The runner is in `cl_flows.serving`."""

from pathlib import Path
from typing import Any

import click


@click.command(
    epilog="""\b
Examples:
  labelgate schedule gate.yaml --cron "0 2 * * *"
  labelgate schedule gate.yaml --cron "0 2 * * *" --timezone Europe/Berlin
  labelgate schedule customers.yaml orders.yaml --every 3600
"""
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--cron", help='When to run: minute, hour, day, month, weekday, as in "0 2 * * *".')
@click.option("--every", type=click.FloatRange(1), help="Or every so many seconds.")
@click.option("--timezone", default="UTC", show_default=True, help="Time zone that --cron is meant in.")
@click.option(
    "--at-once", type=click.IntRange(1), default=1, show_default=True, help="Gates that may run side by side."
)
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the private server's records.  [default: in your data folder]",
)
def schedule(
    files: tuple[Path, ...], cron: str | None, every: float | None, home: Path | None, **options: Any
) -> None:
    """Run the gates of FILES, each a gate.yaml, when they are due, until this command is stopped.

    Uses your Prefect server when PREFECT_API_URL is set, else one of its own that nobody else can reach.
    """
    if (cron is None) == (every is None):
        raise click.UsageError("give either --cron or --every")
    from cl_flows.serving import Clock, default_home, run_on_clock

    run_on_clock(
        files,
        Clock(cron=cron, every=every, timezone=options["timezone"]),
        home=home or default_home(),
        at_once=options["at_once"],
        say=lambda text: click.echo(text, err=True),
    )
