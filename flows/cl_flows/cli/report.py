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
    "--html",
    "html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the page to this file, with what people decided since.",
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
    from cl_flows.retention import refuse_gone
    from cl_flows.runs import find_run

    base = output or OUTPUT_FOLDER
    try:
        folder = find_run(base, run_id)
    except ConfigError:
        refuse_gone(history_in(base), run_id)
        raise
    page = folder / "report.html"
    if html is not None:
        try:
            html.write_text(_frozen(base, folder), encoding="utf-8")
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


def _frozen(base: Path, folder: Path) -> str:
    """Return the page as it stands now; as the run left it where its rows were not kept."""
    from cl_flows.database.place import history_in
    from cl_flows.kept import open_kept
    from cl_flows.review.frozen import frozen_page

    if not open_kept(base, folder.name).has_rows():
        return (folder / "report.html").read_text(encoding="utf-8")
    return frozen_page(base, history_in(base), folder.name)
