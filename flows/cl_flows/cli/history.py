"""`labelgate history`: verdicts over time, and which of them later runs are measured by."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cl_flows.cli.options import OUTPUT_FOLDER, format_option, output_option

if TYPE_CHECKING:
    from cl_flows.history import HistoryRow


class _ListByDefault(click.Group):
    """`labelgate history [DATASET]` lists runs, as it did before there was anything else to do."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `list` in front of what names no command."""
        help_asked = bool(args) and args[0] in ctx.help_option_names
        if not help_asked and (not args or args[0] not in self.commands):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=_ListByDefault,
    epilog="""\b
Examples:
  labelgate history
  labelgate history customers --limit 50 --format json
  labelgate history accept 20260131 --who kim --reason "the new site labels by the old rules"
""",
)
def history() -> None:
    """List the newest runs, or accept one by hand as what later runs are measured by."""


@history.command(name="list")
@click.argument("dataset", required=False)
@click.option(
    "--limit", type=click.IntRange(1), default=20, show_default=True, help="Newest runs to show at most."
)
@output_option
@format_option
def list_runs(dataset: str | None, limit: int, output: Path | None, form: str) -> None:
    """List the newest runs, of DATASET or of all data sets."""
    from cl_flows.baselines import read_acceptances
    from cl_flows.database.place import history_in
    from cl_flows.history import read_history

    folder = output or OUTPUT_FOLDER
    rows = read_history(history_in(folder), dataset=dataset, limit=limit)
    if form == "json":
        click.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return
    if not rows:
        click.echo(f"no runs{f' of {dataset!r}' if dataset else ''} in {folder}", err=True)
    accepted = read_acceptances(history_in(folder))
    for row in rows:
        by = f"  accepted by {accepted[row.run_id].who}" if row.run_id in accepted else ""
        click.echo(_line(row) + by)


@history.command(
    epilog="""\b
Examples:
  labelgate history accept last --who kim --reason "twice checked"
"""
)
@click.argument("run_id", metavar="RUN")
@click.option("--who", required=True, help="Who accepts the run.")
@click.option("--reason", required=True, help="Why later runs may be measured by it.")
@output_option
def accept(run_id: str, who: str, reason: str, output: Path | None) -> None:
    """Measure later runs by RUN (the beginning of its id, or `last`), until a newer one passes."""
    from cl_flows.baselines import accept_run
    from cl_flows.database.place import history_in

    found, dataset = accept_run(history_in(output or OUTPUT_FOLDER), run_id, who=who, reason=reason)
    click.echo(
        f"accepted run {found.run_id} of {dataset}: {found.rate:.1%} wrong labels "
        f"({found.low:.1%} to {found.high:.1%}); later runs are measured by it until a newer one passes",
        err=True,
    )


def _line(row: "HistoryRow") -> str:
    rate = f"{row.noise_rate:6.1%} ({row.low:.1%} to {row.high:.1%}), limit {row.max_noise_rate:.1%}"
    return f"{row.started_at[:16]}  {row.status:<9}  {rate:<38}  {row.dataset:<20}  {row.run_id}"
