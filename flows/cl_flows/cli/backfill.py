"""`labelgate backfill`: history from dated partitions."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from cl_flows.cli.options import engine_option, format_option, output_option
from cl_flows.exit_codes import ExitCode

_day = click.DateTime(["%Y-%m-%d"])


@click.command(
    epilog="""\b
Examples:
  labelgate backfill gate.yaml --partitions "data/day=*/part.parquet"
  labelgate backfill gate.yaml --partitions "data/{date}.csv" --from 2026-01-01 --to 2026-01-31
  labelgate backfill gate.yaml --partitions "s3://lab/{date:%Y/%m/%d}.csv" --from 2026-01-01 --to 2026-01-31
"""
)
@click.argument("config", metavar="GATE_YAML", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--partitions", help="Glob of the partitions, or a path with {date} in it.  [default: data.path]"
)
@click.option("--from", "first", type=_day, help="First day.")
@click.option("--to", "last", type=_day, help="Last day.")
@click.option("--again", is_flag=True, help="Also partitions that history has already.")
@click.option(
    "--at-once", type=click.IntRange(1), default=1, show_default=True, help="Partitions at the same time."
)
@output_option
@engine_option
@format_option
@click.pass_context
def backfill(
    context: click.Context,
    /,
    config: Path,
    partitions: str | None,
    first: datetime | None,
    last: datetime | None,
    output: Path | None,
    **options: Any,
) -> None:
    """Gate the dated partitions of a data set, each filed in history under its own day.

    Nobody is alerted, and a partition that fails is a finding (0). One that crashes stops no other (1);
    started again, the command goes on with what is missing.
    """
    from cl_flows.cli.run_many import run_jobs, show
    from cl_flows.config import load_config
    from cl_flows.many.entry import GatesResult
    from cl_flows.many.prepared import Parent
    from cl_flows.partitions import backfill_jobs, find_partitions, pattern_of

    ready = load_config(config, {"output": {"folder": str(output)}} if output else {})
    base = Path.cwd() if partitions else ready.base  # as with every path that is typed
    pattern = pattern_of(ready, partitions)
    days = {"first": _date(first), "last": _date(last)}
    found = find_partitions(pattern, base=base, **days)
    form, again, at_once = (options[name] for name in ("form", "again", "at_once"))
    jobs = backfill_jobs(ready, found, again=again)
    where = pattern if "://" in pattern else str(base / pattern)
    called = {"config": ready, "partitions": where, **days, "again": again, "at_once": at_once}
    parent = Parent("cl_flows.backfill:backfill", called)
    if form == "text":
        click.echo(
            f"{len(found):,} partitions, {len(found) - len(jobs):,} of them in history already", err=True
        )
    result = GatesResult(())
    if jobs:
        result = run_jobs(jobs, parent, engine=options["engine"], form=form, at_once=at_once)
    show(result, form)
    context.exit(ExitCode.CRASHED if result.status == "crashed" else ExitCode.PASSED)


def _date(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()
