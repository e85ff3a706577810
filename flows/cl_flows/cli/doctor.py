"""`labelgate doctor`: what is wrong with this installation. The looking is in `cl_flows.doctor`."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from cl_flows.cli.options import OUTPUT_FOLDER, format_option, output_option
from cl_flows.exit_codes import ExitCode

_COLOURS = {"ok": "green", "warning": "yellow", "problem": "red"}


@click.command(
    epilog="""\b
Examples:
  labelgate doctor
  labelgate doctor gate.yaml
  PREFECT_API_URL=http://prefect:4200/api labelgate doctor --format json
"""
)
@click.argument("gate", required=False, type=click.Path(path_type=Path, dir_okay=False))
@output_option
@format_option
@click.pass_context
def doctor(context: click.Context, /, gate: Path | None, output: Path | None, form: str) -> None:
    """Look at versions, plugins, folders, history, Prefect server, workers and clock.

    With GATE, a gate.yaml, also whether it can run here. Leaves with 1 when there is a problem, and shows no
    secret.
    """
    from cl_flows.doctor import examine

    findings = examine(output or OUTPUT_FOLDER, gate)
    if form == "json":
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            level = click.style(f"{finding.level:<8}", fg=_COLOURS[finding.level])
            click.echo(f"{level} {finding.area:<15} {finding.says}", err=True)
            if finding.remedy:
                click.echo(f"{'':<24} do: {finding.remedy}", err=True)
    problem = any(finding.level == "problem" for finding in findings)
    context.exit(ExitCode.CRASHED if problem else ExitCode.PASSED)
