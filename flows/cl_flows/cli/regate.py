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
  labelgate regate last
  labelgate regate 20260131-0201 --patch fixes.csv --format json
  labelgate regate last --patch fixes.csv --config gate.yaml
  labelgate regate last --patch fixes.csv --new-class elm
"""
)
@click.argument("run_id", metavar="RUN")
@click.option(
    "--patch",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Corrections: a CSV of id,old,new,action,who,when,why.  [default: what people settled in review]",
)
@click.option(
    "--config",
    "config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The gate.yaml of that run, to read its data again.  [default: settings and rows that it left]",
)
@click.option(
    "--new-class",
    "new_classes",
    multiple=True,
    help="A class that the patch may bring in though no row of the data has it.",
)
@output_option
@engine_option
@verdict_format_option
@click.pass_context
def regate(
    context: click.Context,
    /,
    run_id: str,
    patch: Path | None,
    config: Path | None,
    new_classes: tuple[str, ...],
    output: Path | None,
    engine: str,
    form: str,
) -> None:
    """Judge RUN (the beginning of its id, or `last`) again, with its settings, on corrected labels.

    Passes (0), fails (3) or is undecided (4) as `labelgate run` is. The data must be those of that run; a
    patch that does not fit them or has no answers is refused (2).
    """
    from cl_flows.many.prepared import Parent
    from cl_flows.regating import refused_leaves_no_copy, regate_config

    folder = output or OUTPUT_FOLDER
    ready, before = regate_config(run_id, output=folder, patch=patch, config=config, new_classes=new_classes)
    files = {name: path and path.resolve() for name, path in (("patch", patch), ("config", config))}
    called = {"run": before.run_id, "output": folder.resolve(), **files, "new_classes": new_classes}
    parent = Parent("cl_flows.regate:regate", called)
    with refused_leaves_no_copy(ready):
        code = run_and_show(ready, engine=engine, form=form, parent=parent)
    if form == "text":
        click.echo(f"before: run {before.run_id} {before.says}", err=True)
    context.exit(code)
