"""`labelgate regate`: judge an earlier run again, on labels that people corrected."""

from pathlib import Path

import click

from cl_flows.cli.options import (
    OUTPUT_FOLDER,
    engine_option,
    output_option,
    run_and_show,
    verdict_format_option,
)


@click.command(
    epilog="""\b
Examples:
  labelgate regate last --patch fixes.csv --config gate.yaml
  labelgate regate 20260131-0201 --patch fixes.csv --config gate.yaml --format json
"""
)
@click.argument("run_id", metavar="RUN")
@click.option(
    "--patch",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Corrections: a CSV file of id,old,new,action,who,when,why.",
)
@click.option(
    "--config",
    "config",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The gate.yaml of that run.",
)
@output_option
@engine_option
@verdict_format_option
@click.pass_context
def regate(
    context: click.Context,
    /,
    run_id: str,
    patch: Path,
    config: Path,
    output: Path | None,
    engine: str,
    form: str,
) -> None:
    """Judge RUN (the beginning of its id, or `last`) again, with its settings, on corrected labels.

    Passes (0), fails (3) or is undecided (4) as `labelgate run` is. The data must be those of that run.
    """
    from cl_flows.regating import regate_config

    folder = output or OUTPUT_FOLDER
    ready, before = regate_config(run_id, output=folder, patch=patch, config=config)
    code = run_and_show(ready, engine=engine, form=form)
    if form == "text":
        click.echo(f"before: run {before.run_id} {before.says}", err=True)
    context.exit(code)
