"""`labelgate audit`: let people check a few rows, and turn the estimate into a guarantee."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cl_flows.cli.options import OUTPUT_FOLDER, output_option
from cl_flows.exit_codes import ExitCode

if TYPE_CHECKING:
    from cl_core.audit.finding import AuditFinding


@click.group()
def audit() -> None:
    """Have people check a random few rows of a run, for a verdict with stated error rates."""


@audit.command(
    epilog="""\b
Examples:
  labelgate audit plan last
  labelgate audit plan 20260131 --max-noise-rate 0.05 --to sheet.csv
  labelgate audit plan last --more 100
"""
)
@click.argument("run_id", metavar="RUN")
@click.option(
    "--max-noise-rate",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Limit to decide on.  [default: the run's]",
)
@click.option("--rows", type=click.IntRange(1), help="Rows to check; as many as are needed when left out.")
@click.option("--more", type=click.IntRange(0), default=0, help="Continue an earlier plan by so many rows.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of the choice.")
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Sheet to write.  [default: audit-RUN.csv]",
)
@output_option
def plan(
    run_id: str,
    max_noise_rate: float | None,
    rows: int | None,
    more: int,
    seed: int,
    target: Path | None,
    output: Path | None,
) -> None:
    """Choose rows of RUN at random, more of the suspect ones, and write a sheet to fill in."""
    from cl_core.errors import ConfigError
    from cl_flows.audit_sheet import write_sheet
    from cl_flows.audits import plan_for_run, read_scored
    from cl_flows.database.place import history_in
    from cl_flows.runs import find_run

    base = output or OUTPUT_FOLDER
    folder = find_run(base, run_id)
    sheet = target or Path(f"audit-{folder.name}.csv")
    if sheet.exists():
        raise ConfigError(f"{sheet} is already there", hint="it may hold answers; name another with --to")
    planned = plan_for_run(
        history_in(base), folder, max_noise_rate=max_noise_rate, rows=rows, more=more, seed=seed
    )
    try:
        write_sheet(sheet, planned.plan, read_scored(folder))
    except OSError as error:
        raise ConfigError(
            f"cannot write {sheet}: {error.strerror or error}", hint="name another with --to"
        ) from error
    click.echo(
        f"{len(planned.plan.positions):,} of {planned.plan.n_rows:,} rows to check, in this order: {sheet}\n"
        "fill in is_wrong (yes or no) from the top, without looking at the model's opinion;\n"
        "add what you have as often as you like, and stop when it decides: looking early costs nothing\n"
        f"then: labelgate audit add {folder.name} {sheet}",
        err=True,
    )


@audit.command(
    epilog="""\b
Examples:
  labelgate audit add last answers.csv
  labelgate audit add last answers-of-kim.csv --who kim
"""
)
@click.argument("run_id", metavar="RUN")
@click.argument("sheet", type=click.Path(path_type=Path))
@click.option("--who", help="Who answered, where the sheet does not say.  [default: the file's name]")
@output_option
@click.pass_context
def add(context: click.Context, /, run_id: str, sheet: Path, who: str | None, output: Path | None) -> None:
    """Put the answers of SHEET on record and say what they decide. Several people may answer a row."""
    from cl_core.errors import ConfigError
    from cl_flows.audit_sheet import read_sheet
    from cl_flows.audits import add_answers, read_audit, read_scored
    from cl_flows.database.place import history_in
    from cl_flows.runs import find_run

    base = output or OUTPUT_FOLDER
    folder = find_run(base, run_id)
    known = read_audit(history_in(base), folder.name)
    if known is None:
        raise ConfigError(
            f"run {folder.name} has no audit plan", hint=f"labelgate audit plan {folder.name} makes one"
        )
    answers = read_sheet(sheet, read_scored(folder), who or sheet.stem)
    n_added = add_answers(history_in(base), known, answers)
    click.echo(f"{n_added:,} answers on record", err=True)
    code = _show(base, folder.name)
    _go_on(base, known.fingerprint)
    context.exit(code)


@audit.command()
@click.argument("run_id", default="last", metavar="[RUN]")
@output_option
@click.pass_context
def status(context: click.Context, /, run_id: str, output: Path | None) -> None:
    """Say what the answers so far decide: exit code 0 under the limit, 3 over it, 4 undecided."""
    from cl_flows.runs import find_run

    base = output or OUTPUT_FOLDER
    context.exit(_show(base, find_run(base, run_id).name))


@audit.command(
    epilog="""\b
Examples:
  labelgate audit overdue
  */10 * * * *  labelgate audit overdue --output /srv/labels/labelgate-runs
"""
)
@output_option
@click.pass_context
def overdue(context: click.Context, /, output: Path | None) -> None:
    """Give flow runs that waited for people in vain their state in Prefect, NoiseGateUndecided.

    Prefect itself only fails them. The next gate in this folder does the same, as does `labelgate schedule`.
    """
    from cl_flows.waiting import waiting_runs

    base, found = output or OUTPUT_FOLDER, []
    if waiting_runs(base):
        from cl_flows.suspension import name_overdue  # seconds of imports, and only where somebody waits

        found = name_overdue(base)
    for late in found:
        said = (
            f"could not be told: {late.problem}"
            if late.problem
            else "stays undecided: nobody decided in time"
        )
        click.echo(f"run {late.run_id} {said}", err=True)
    context.exit(ExitCode.CRASHED if any(late.problem for late in found) else ExitCode.PASSED)


def _go_on(base: Path, fingerprint: str) -> None:
    """Resume the flow runs that waited for these answers."""
    from cl_flows.database.place import history_in
    from cl_flows.waiting import decided_by_answers

    for one in decided_by_answers(base, history_in(base), fingerprint):
        from cl_flows.suspension import resume  # seconds of imports, and only where somebody waits

        done = resume(one.claim)
        if not done.problem:
            click.echo(f"{one.says}; its flow run goes on, and gives the final verdict", err=True)
            continue
        click.echo(f"{one.says}, but its flow run could not be resumed: {done.problem}", err=True)
        click.echo("  hint: set PREFECT_API_URL to its server, or resume the run on Prefect's page", err=True)


def _show(base: Path, run_id: str) -> ExitCode:
    from cl_flows.audits import finding_for_run
    from cl_flows.database.place import history_in

    finding = finding_for_run(history_in(base), run_id)
    if finding is None:
        click.echo(f"no answers on run {run_id} yet", err=True)
        return ExitCode.UNDECIDED
    click.echo(_told(finding), err=True)
    return {
        "below": ExitCode.PASSED,
        "above": ExitCode.GATE_FAILED,
        "undecided": ExitCode.UNDECIDED,
    }[finding.decision.decision]


def _told(finding: "AuditFinding") -> str:
    estimate, decision = finding.estimate, finding.decision
    limit = f"{decision.max_noise_rate:.2%}"
    verdict = {
        "below": f"PASSED: the noise rate is under {limit} (chance to pass worse data: {decision.alpha:.0%})",
        "above": f"FAILED: the noise rate is over {limit} (chance to fail better data: {decision.beta:.0%})",
        "undecided": f"UNDECIDED against {limit}: about {decision.more_rows:,} more rows would settle it",
    }[decision.decision]
    people = f", {estimate.n_disputed:,} disputed" if estimate.n_disputed else ""
    figures = (
        f"audited {estimate.n_audited:,} of {estimate.n_rows:,} rows{people}: {estimate.rate:.1%} wrong, "
        f"{estimate.confidence:.0%} interval {estimate.low:.1%} to {estimate.high:.1%}"
    )
    return "\n".join([verdict, figures, *(f"note: {note}" for note in estimate.notes)])
