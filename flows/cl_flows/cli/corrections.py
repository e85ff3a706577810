"""`labelgate corrections`: what people decided about a run's rows, as data, patch, tasks and log."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cl_flows.cli.corrections_export import export
from cl_flows.cli.corrections_run import force_option, needed_option, open_run, tell_of
from cl_flows.cli.options import format_option, output_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from cl_flows.review.tasks import ForeignAnswer


@click.group(
    epilog="""\b
Examples:
  labelgate corrections status last
  labelgate corrections export last --to corrected.csv
  labelgate corrections patch last --to fixes.csv
  labelgate regate last --patch fixes.csv --config gate.yaml
  labelgate corrections export last --as label-studio --to tasks.json
  labelgate corrections import last --from label-studio answers.json --who kim
"""
)
def corrections() -> None:
    """See and use what people decided about the rows of a run.

    RUN is the beginning of a run's id, or `last`. Decisions are made on the pages of `labelgate review`, or
    come in from other tools.
    """


@corrections.command(
    epilog="""\b
Examples:
  labelgate corrections status
  labelgate corrections status 20260131 --needed 2 --format json
"""
)
@click.argument("run_id", default="last", metavar="[RUN]")
@needed_option
@output_option
@format_option
def status(run_id: str, needed: int, output: Path | None, form: str) -> None:
    """Say how many rows are settled, disputed or open, who decided, and how far people agree."""
    from cl_flows.review.agreement import agreement
    from cl_flows.review.carried import carried

    opened = open_run(run_id, output)
    found = opened.standing(needed)
    agreed = agreement(opened.database, opened.kept.fingerprint)
    people: dict[str, int] = {}
    for words in found.words.values():
        for word in words:
            people[word.who] = people.get(word.who, 0) + 1
    earlier = len(carried(opened.database, opened.kept))
    facts = {
        "run": opened.kept.run_id,
        "dataset": opened.kept.dataset_name,
        "needed": needed,
        **{outcome.value: rows for outcome, rows in found.counts.items()},
        "suspects": opened.n_suspects(),
        "suspects_left": opened.n_suspects(besides=found),
        "decided_in_earlier_runs": earlier,
        "people": dict(sorted(people.items())),
        "agreement": asdict(agreed),
    }
    tell_of(form, facts, _status_says(facts))


def _status_says(facts: dict[str, Any]) -> str:
    names = ("keep", "relabel", "exclude", "disputed", "open")
    counts = ", ".join(f"{facts[name]:,} {name}" for name in names)
    lines = [
        f"run {facts['run']} of {facts['dataset']}: {counts}",
        f"  suspects not settled yet: {facts['suspects_left']:,} of {facts['suspects']:,}",
    ]
    lines += [f"  {who}: {rows:,} rows" for who, rows in facts["people"].items()]
    agreed = facts["agreement"]
    if agreed["rows"]:
        kappa = "not defined" if agreed["kappa"] is None else f"{agreed['kappa']:.2f}"
        lines.append(
            f"{agreed['rows']:,} rows with several opinions: raw agreement {agreed['raw']:.0%}, "
            f"Fleiss' kappa {kappa}"
        )
    if facts["decided_in_earlier_runs"]:
        lines.append(
            f"{facts['decided_in_earlier_runs']:,} words of earlier runs on rows that are the same: open here"
        )
    return "\n".join(lines)


@corrections.command(
    epilog="""\b
Examples:
  labelgate corrections patch last --to fixes.csv
  labelgate corrections patch last --to fixes.csv --carried --needed 2
"""
)
@click.argument("run_id", metavar="RUN")
@click.option("--to", "target", type=click.Path(path_type=Path), required=True, help="CSV file to write.")
@needed_option
@click.option(
    "--carried",
    "with_carried",
    is_flag=True,
    help="Also what was decided in earlier runs on rows whose id and label are the same.",
)
@force_option
@output_option
@format_option
def patch(
    run_id: str,
    target: Path,
    needed: int,
    with_carried: bool,  # noqa: FBT001 - click hands options over by name
    force: bool,  # noqa: FBT001
    output: Path | None,
    form: str,
) -> None:
    """Write settled rows as a patch for `labelgate regate` or `corrections` in gate.yaml.

    Its columns are id,old,new,action,who,when,why.
    """
    from cl_flows.review.carried import carried
    from cl_flows.review.patch import write_patch
    from cl_flows.review.standing import standing_from

    opened = open_run(run_id, output)
    rows, n_carried = opened.standing(needed).settled(), 0
    if with_carried:
        words = [
            one.decision._replace(position=one.position) for one in carried(opened.database, opened.kept)
        ]
        more = standing_from(words, needed=needed).settled()
        rows, n_carried = sorted([*rows, *more]), len(more)
    count = write_patch(target, rows, force=force)
    says = f"{target}: {count:,} settled rows" + (f", {n_carried:,} of earlier runs" if n_carried else "")
    tell_of(form, {"path": str(target), "rows": count, "of_earlier_runs": n_carried}, says)


@corrections.command(
    epilog="""\b
Examples:
  labelgate corrections log last --to decisions.jsonl
"""
)
@click.argument("run_id", metavar="RUN")
@click.option("--to", "target", type=click.Path(path_type=Path), required=True, help="File to write.")
@force_option
@output_option
@format_option
def log(
    run_id: str,
    target: Path,
    force: bool,  # noqa: FBT001
    output: Path | None,
    form: str,
) -> None:
    """Write every word on record as JSON Lines: who decided what and when, also what was taken back."""
    from cl_flows.review.decisions import read_log
    from cl_flows.review.patch import write_log

    opened = open_run(run_id, output)
    count = write_log(target, read_log(opened.database, opened.kept.fingerprint), force=force)
    tell_of(form, {"path": str(target), "words": count}, f"{target}: {count:,} words on record")


@corrections.command(
    name="import",
    epilog="""\b
Examples:
  labelgate corrections import last --from label-studio export.json --who kim
  labelgate corrections import last --from argilla tasks/ --who kim
""",
)
@click.argument("run_id", metavar="RUN")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--from",
    "kind",
    type=click.Choice(["label-studio", "argilla"]),
    required=True,
    help="Label Studio's JSON export, or what rg.Dataset.to_disk wrote.",
)
@click.option("--who", required=True, help="Whose answers are those that name nobody.")
@click.option("--new-class", "new_classes", multiple=True, help="A class that answers may bring in.")
@output_option
@format_option
def import_(
    run_id: str,
    path: Path,
    kind: str,
    who: str,
    new_classes: tuple[str, ...],
    output: Path | None,
    form: str,
) -> None:
    """Take answers that were given in another tool as decisions; importing twice adds nothing."""
    from cl_flows.review.decisions import run_key
    from cl_flows.review.index import RunIndex
    from cl_flows.review.tasks import import_answers, read_argilla, read_label_studio

    opened = open_run(run_id, output)
    read: Callable[[Path, str], list[ForeignAnswer]]
    read = read_argilla if kind == "argilla" else read_label_studio
    done = import_answers(
        opened.database,
        run_key(opened.kept),
        RunIndex(opened.kept),
        read(path, who),
        new_classes=new_classes,
    )
    says = f"{done.n_new:,} answers of {', '.join(done.who)} taken, {done.n_known:,} known already"
    tell_of(form, asdict(done), says)


corrections.add_command(export)
