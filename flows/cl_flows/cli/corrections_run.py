"""What the commands of `labelgate corrections` share: the run, its decisions, and how to tell. No command."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cl_flows.cli.options import OUTPUT_FOLDER

if TYPE_CHECKING:
    from cl_flows.database.place import Database
    from cl_flows.kept import KeptRun
    from cl_flows.review.standing import Standing

needed_option = click.option(
    "--needed",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="People who must agree on a row; 2 is double review.",
)
force_option = click.option("--force", is_flag=True, help="Write over what is there already.")


@dataclass(frozen=True, slots=True)
class OpenedRun:
    """A run and the database of its decisions."""

    kept: "KeptRun"
    database: "Database"

    def standing(self, needed: int) -> "Standing":
        """Weigh what people said."""
        from cl_flows.review.standing import standing

        return standing(self.database, self.kept.fingerprint, needed=needed)

    def n_suspects(self, *, besides: "Standing | None" = None) -> int:
        """Count the flagged rows, without those that are settled in `besides`."""
        import pandas as pd

        from cl_flows.runs import SCORED_FILE

        flagged = pd.read_parquet(self.kept.folder / SCORED_FILE, columns=["is_label_issue"])
        suspects = flagged["is_label_issue"].to_numpy(dtype=bool)
        settled = [] if besides is None else [row.position for row in besides.settled()]
        return int(suspects.sum() - suspects[settled].sum())


def open_run(run_id: str, output: Path | None) -> OpenedRun:
    """Open the run whose id begins so; ``last`` is the newest one."""
    from cl_flows.database.place import history_in
    from cl_flows.kept import open_kept

    folder = output or OUTPUT_FOLDER
    return OpenedRun(open_kept(folder, run_id), history_in(folder))


def tell_of(form: str, facts: dict[str, Any], says: str) -> None:
    """Give machines the facts on standard output, or people a sentence."""
    if form == "json":
        click.echo(json.dumps(facts, indent=2))
    else:
        click.echo(says, err=True)
