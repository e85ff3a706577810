"""`labelgate history`: verdicts over time, and which of them later runs are measured by."""

import csv
import json
import re
import sys
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cl_flows.cli.options import OUTPUT_FOLDER, output_option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cl_flows.history import HistoryRow
    from cl_flows.origins import Origin


_CELLS = 18


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
  labelgate history prune --keep 30 --older-than 90d --dry-run
  labelgate history accept 20260131 --who kim --reason "the new site labels by the old rules"
""",
)
def history() -> None:
    """List the newest runs, or accept one by hand as what later runs are measured by."""


@history.command(name="list")
@click.argument("dataset_named", metavar="[DATASET]", required=False)
@click.option("--dataset", help="The same as DATASET.")
@click.option(
    "--limit", type=click.IntRange(1), default=20, show_default=True, help="Newest runs to show at most."
)
@click.option("--since", type=click.DateTime(), help="Only runs begun on this day (UTC) or later.")
@output_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
    help="text for people, json or csv for machines, all on standard output.",
)
def list_runs(
    dataset_named: str | None,
    dataset: str | None,
    limit: int,
    since: datetime | None,
    output: Path | None,
    form: str,
) -> None:
    """List the newest runs, of DATASET or of all data sets: rates against limits, and what they became."""
    from cl_flows.baselines import find_baseline, read_acceptances
    from cl_flows.database.place import history_in
    from cl_flows.history import read_history
    from cl_flows.origins import read_origins

    folder, wanted = output or OUTPUT_FOLDER, dataset or dataset_named
    database = history_in(folder)
    begun = None if since is None else since.isoformat(timespec="milliseconds")
    rows = read_history(database, dataset=wanted, limit=limit, since=begun)
    origins = read_origins(database)
    if form == "json":
        click.echo(json.dumps([_plain(row, origins) for row in rows], indent=2))
        return
    if form == "csv":
        _write_csv([_plain(row, origins) for row in rows])
        return
    if not rows:
        click.echo(f"no runs{f' of {wanted!r}' if wanted else ''} in {folder}", err=True)
    accepted = read_acceptances(database)
    found = {name: find_baseline(database, name) for name in {row.dataset for row in rows}}
    measures = {baseline.run_id for baseline in found.values() if baseline is not None}
    tops = {name: max(_top(row) for row in rows if row.dataset == name) for name in found}
    for row in rows:
        by = f"  accepted by {accepted[row.run_id].who}" if row.run_id in accepted else ""
        mark = "*" if row.run_id in measures else " "
        click.echo(_line(row, mark, tops[row.dataset]) + by + _from(origins.get(row.run_id)))
    if measures:
        click.echo("* later runs are measured by this one; bars: rate, interval, | limit", err=True)


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


@history.command(
    epilog="""\b
Examples:
  labelgate history prune --keep 30 --dry-run
  labelgate history prune --older-than 90d --dataset customers
"""
)
@click.option("--keep", type=click.IntRange(1), help="Newest runs of each data set that stay.")
@click.option("--older-than", "age", metavar="AGE", help="Runs older than this go: 12h, 90d, 8w.")
@click.option("--dataset", help="Only runs of this data set.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--rows", is_flag=True, help="Remove their rows of history, too.")
@click.option(
    "--audited", is_flag=True, help="Also runs that people audited or reviewed; what they said stays."
)
@output_option
def prune(
    keep: int | None,
    age: str | None,
    dataset: str | None,
    output: Path | None,
    **flags: bool,
) -> None:
    """Remove the folders of old runs.

    Never the newest of a data set, the one others are measured by, or one that waits for people.
    """
    from cl_core.errors import ConfigError
    from cl_flows.database.place import history_in
    from cl_flows.kept.sweep import sweep_rows
    from cl_flows.report.wording import printable
    from cl_flows.retention import Retention
    from cl_flows.retention import prune as pruned

    if keep is None and age is None:
        raise ConfigError("nothing says which runs go", hint="give --keep 30, or --older-than 90d, or both")
    folder = output or OUTPUT_FOLDER
    how = Retention(keep, _days(age), rows=flags["rows"], audited=flags["audited"])
    gone = pruned(folder, history_in(folder), how, dataset=dataset, dry_run=flags["dry_run"])
    for run in gone:
        click.echo(f"{run.run_id}  {run.n_bytes / 1e6:8.1f} MB  {printable(run.dataset)}")
    rows = sweep_rows(folder, without={run.run_id for run in gone}, dry_run=flags["dry_run"])
    for one in rows:
        click.echo(f"rows {one.name[:17]}  {one.n_bytes / 1e6:8.1f} MB  that no run names")
    n_bytes = sum(run.n_bytes for run in gone) + sum(one.n_bytes for one in rows)
    would = "would free" if flags["dry_run"] else "freed"
    kept = f", rows of {len(rows):,}" if rows else ""
    click.echo(f"{would} {n_bytes / 1e6:,.1f} MB: {len(gone):,} runs{kept}", err=True)


def _days(age: str | None) -> float | None:
    from cl_core.errors import ConfigError

    if age is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([hdw])", age.strip())
    if found is None or not float(found[1]):
        raise ConfigError(f"--older-than is {age!r}, wanted an age", hint="such as 12h, 90d or 8w")
    return float(found[1]) * {"h": 1 / 24, "d": 1.0, "w": 7.0}[found[2]]


def _plain(row: "HistoryRow", origins: "Mapping[str, Origin]") -> dict[str, Any]:
    """Return a run as plain values, with the run it judges again and when it was measured in truth."""
    origin = origins.get(row.run_id)
    rejudges, measured = (origin.rejudges, origin.measured_at) if origin else (None, row.finished_at)
    return {**asdict(row), "rejudges": rejudges, "measured_at": measured}


def _from(origin: "Origin | None") -> str:
    if origin is None:
        return ""
    again = f"  judges {origin.rejudges} again" if origin.rejudges else ""
    return again + (f"  measured {origin.measured_at[:16]}" if origin.as_of else "")


def _write_csv(rows: list[dict[str, Any]]) -> None:
    from cl_flows.history import HistoryRow

    names = [*(field.name for field in fields(HistoryRow)), "rejudges", "measured_at"]
    table = csv.DictWriter(sys.stdout, names, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)


def _top(row: "HistoryRow") -> float:
    return max(row.noise_rate, row.high, row.max_noise_rate, 1e-9)


def _bar(row: "HistoryRow", top: float) -> str:
    """Draw the rate, its interval and the limit on the scale of the data set's runs."""

    def place(value: float) -> int:
        return min(_CELLS - 1, round(value / top * (_CELLS - 1)))

    cells = [
        "█" if i <= place(row.noise_rate) and row.noise_rate > 0 else "░" if i <= place(row.high) else " "
        for i in range(_CELLS)
    ]
    cells[place(row.max_noise_rate)] = "|"
    return "".join(cells)


def _line(row: "HistoryRow", mark: str, top: float) -> str:
    from cl_flows.report.wording import printable

    rate = f"{row.noise_rate:6.1%} ({row.low:.1%} to {row.high:.1%}), limit {row.max_noise_rate:.1%}"
    start = f"{row.started_at[:16]}  {row.status:<9} {mark}"
    return f"{start} {_bar(row, top)} {rate:<38}  {printable(row.dataset):<20}  {row.run_id}"
