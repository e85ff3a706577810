"""`labelgate report`: show a finished run again, or copy its report."""

from pathlib import Path

import click

from cl_flows.cli.options import MACHINE_FORMATS, OUTPUT_FOLDER, output_option, tell


@click.command(
    epilog="""\b
Examples:
  labelgate report
  labelgate report 20260131 --format json
  labelgate report last --html suspects.html
"""
)
@click.argument("run_id", default="last", metavar="[RUN]")
@click.option(
    "--html", "html", type=click.Path(path_type=Path, dir_okay=False), help="Copy the page to this file."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", *MACHINE_FORMATS]),
    default="markdown",
    show_default=True,
    help="What to print on standard output.",
)
@output_option
def report(run_id: str, html: Path | None, form: str, output: Path | None) -> None:
    """Show the run RUN (the beginning of its id will do; the newest one by default)."""
    from cl_core.errors import ConfigError
    from cl_flows.database.place import history_in
    from cl_flows.retention import refuse_pruned
    from cl_flows.runs import find_run

    base = output or OUTPUT_FOLDER
    try:
        folder = find_run(base, run_id)
    except ConfigError:
        refuse_pruned(history_in(base), run_id)
        raise
    page = folder / "report.html"
    if html is not None:
        try:
            html.write_bytes(page.read_bytes())
        except OSError as error:
            raise ConfigError(f"cannot write {html}: {error.strerror}", hint="name another file") from error
    if form == "markdown":
        click.echo((folder / "report.md").read_text(encoding="utf-8"))
    else:
        tell(folder, form)
    click.echo(f"page: {html or page}", err=True)
    from cl_flows.telling import undelivered

    for problem in undelivered(folder):
        click.secho(f"not told: {problem}", fg="yellow", err=True)
