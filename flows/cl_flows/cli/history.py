"""`labelgate history`: verdicts over time."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cl_flows.cli.options import OUTPUT_FOLDER, format_option, output_option

if TYPE_CHECKING:
    from cl_flows.history import HistoryRow


@click.command(
    epilog="""\b
Examples:
  labelgate history
  labelgate history customers --limit 50 --format json
"""
)
@click.argument("dataset", required=False)
@click.option(
    "--limit", type=click.IntRange(1), default=20, show_default=True, help="Newest runs to show at most."
)
@output_option
@format_option
def history(dataset: str | None, limit: int, output: Path | None, form: str) -> None:
    """List the newest runs, of DATASET or of all data sets."""
    from cl_flows.history import read_history
    from cl_flows.runs import HISTORY_FILE

    folder = output or OUTPUT_FOLDER
    rows = read_history(folder / HISTORY_FILE, dataset=dataset, limit=limit)
    if form == "json":
        click.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return
    if not rows:
        click.echo(f"no runs{f' of {dataset!r}' if dataset else ''} in {folder}", err=True)
    for row in rows:
        click.echo(_line(row))


def _line(row: "HistoryRow") -> str:
    rate = f"{row.noise_rate:6.1%} ({row.low:.1%} to {row.high:.1%}), limit {row.max_noise_rate:.1%}"
    return f"{row.started_at[:16]}  {row.status:<9}  {rate:<38}  {row.dataset:<20}  {row.run_id}"
