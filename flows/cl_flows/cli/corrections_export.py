"""`labelgate corrections export`: the corrected data set, or tasks for another tool."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from cl_flows.cli.corrections_run import OpenedRun, force_option, needed_option, open_run, tell_of
from cl_flows.cli.options import format_option, output_option


@click.command(
    epilog="""\b
Examples:
  labelgate corrections export last --to corrected.csv
  labelgate corrections export last --in-place
  labelgate corrections export last --to photos.csv --copy-to photos-corrected/
  labelgate corrections export last --as label-studio --rows 500 --to tasks.json
  labelgate corrections export last --as argilla --to tasks/
"""
)
@click.argument("run_id", metavar="RUN")
@click.option("--to", "target", type=click.Path(path_type=Path), help="File or folder to write.")
@click.option(
    "--as",
    "kind",
    type=click.Choice(["data", "label-studio", "argilla"]),
    default="data",
    show_default=True,
    help="The corrected data set in its own format, or suspects as tasks for another tool.",
)
@needed_option
@click.option("--in-place", is_flag=True, help="Replace the source; a copy stays beside it.")
@click.option("--keep-excluded", is_flag=True, help="Keep excluded rows, with their given label.")
@click.option(
    "--copy-to",
    type=click.Path(path_type=Path),
    help="Lay files of pictures or sounds out there, a folder a class.",
)
@click.option(
    "--rows", type=click.IntRange(1), help="Tasks: this many rows, worst first.  [default: all suspects]"
)
@click.option(
    "--media-url", help="Tasks: where the tool finds the files; without it tasks hold small copies."
)
@force_option
@output_option
@format_option
def export(
    run_id: str, target: Path | None, kind: str, output: Path | None, form: str, **options: Any
) -> None:
    """Write the corrected data set in the form it came in, or open suspects as tasks for another tool.

    A row is corrected when people settled it; open and disputed rows keep their label. Rows that people
    excluded (ambiguous, in no class) are left out and counted.
    """
    if (target is None) != (options["in_place"] and kind == "data"):
        raise click.UsageError("say where to write: --to FILE, or --in-place for the data set itself")
    opened = open_run(run_id, output)
    if kind == "data":
        _export_data(opened, target, form, options)
    else:
        assert target is not None  # noqa: S101 - refused above
        _export_tasks(opened, target, kind, form, options)


def _export_data(opened: OpenedRun, target: Path | None, form: str, options: dict[str, Any]) -> None:
    from cl_flows.review.export import export_corrected

    done = export_corrected(
        opened.kept,
        opened.standing(options["needed"]),
        target,
        keep_excluded=options["keep_excluded"],
        force=options["force"],
        copy_to=options["copy_to"],
    )
    says = [f"{done.path}: {done.n_rows:,} labelled rows, {done.n_relabelled:,} of them relabelled"]
    says.append(f"{done.n_excluded:,} excluded rows left out (--keep-excluded keeps them)")
    if done.n_kept_excluded:
        says[1] = f"{done.n_kept_excluded:,} excluded rows kept with their given label"
    says += done.says
    says += [f"{done.n_laid_out:,} files in folders of their classes"] if done.n_laid_out else []
    says += [f"the source as it was: {done.backup}"] if done.backup else []
    tell_of(form, asdict(done), "\n".join(says))


def _export_tasks(opened: OpenedRun, target: Path, kind: str, form: str, options: dict[str, Any]) -> None:
    import numpy as np

    from cl_flows.review.filter import RowFilter
    from cl_flows.review.index import RunIndex
    from cl_flows.review.standing import Outcome
    from cl_flows.review.tasks import write_argilla, write_label_studio

    index, found = RunIndex(opened.kept), opened.standing(options["needed"])
    positions = index.find(RowFilter(flagged=None if options["rows"] else True))
    settled = found.positions(Outcome.KEEP, Outcome.RELABEL, Outcome.EXCLUDE)
    positions = positions[~np.isin(positions, settled)][: options["rows"]]
    write = write_argilla if kind == "argilla" else write_label_studio
    done = write(
        target,
        index,
        opened.kept.dataset(),
        positions,
        media_url=options["media_url"],
        force=options["force"],
    )
    left = f"; {done.n_left_out:,} rows that cannot be shown are left out" if done.n_left_out else ""
    tell_of(form, asdict(done), f"{done.path}: {done.n_tasks:,} open rows as tasks, worst first{left}")
