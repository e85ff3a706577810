"""Several gate.yaml by one command: side by side, told one by one, and in a table at the end."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cl_flows.cli.options import wants_prefect
from cl_flows.exit_codes import ExitCode

if TYPE_CHECKING:
    from cl_flows.many.entry import GateEntry, GatesResult
    from cl_flows.many.jobs import Job
    from cl_flows.many.prepared import Parent


def run_many(
    sources: Sequence[str], given: Mapping[str, Any], *, engine: str, form: str, flags: Mapping[str, Any]
) -> ExitCode:
    """Run the gates of several files with `given` laid over each; return the shell's number of the worst."""
    from cl_core.errors import ConfigError, LabelgateError
    from cl_flows.many.jobs import jobs_of
    from cl_flows.many.prepared import Parent

    strange = [source for source in sources if not source.lower().endswith((".yaml", ".yml"))]
    if strange:
        raise ConfigError(
            f"{len(sources)} sources, but {strange[0]} is no gate.yaml",
            hint='several gates want a gate.yaml each; files of one data set are one source: "parts/*.csv"',
        )
    if form not in {"text", "json"}:
        raise ConfigError(f"--format {form} tells of one gate", hint="run them one by one, or take json")
    if flags["clean_split"]:
        raise ConfigError("--clean-split is for one gate", hint="write `clean` in each gate.yaml")
    jobs = jobs_of([Path(source) for source in sources], given)
    at_once, advisory = flags["at_once"], flags["advisory"]
    configs = [Path(job.source) if isinstance(job.config, LabelgateError) else job.config for job in jobs]
    called = {"configs": configs, "at_once": at_once, "advisory": advisory}
    parent = Parent("cl_flows.gates:label_gates", called)
    found = run_jobs(jobs, parent, engine=engine, form=form, at_once=at_once)
    show(found, form)
    if not advisory or found.status not in {"failed", "undecided"}:
        return found.exit_code
    if form == "text":
        click.echo("advisory: nothing is stopped", err=True)
    return ExitCode.PASSED


def run_jobs(
    jobs: "Sequence[Job]", parent: "Parent", *, engine: str, form: str, at_once: int
) -> "GatesResult":
    """Run the jobs on the engine that people chose and tell of each; Prefect shows them below `parent`."""

    def told(job: "Job", entry: "GateEntry") -> None:
        if form == "text":
            click.echo(f"  {entry.status:<9}  {job.source}: {entry.says}", err=True)

    if wants_prefect(engine):
        from cl_flows.prefect_engine import run_many_on_prefect

        return run_many_on_prefect(jobs, parent, told=told)
    from cl_flows.many.processes import run_side_by_side

    return run_side_by_side(jobs, at_once=at_once, told=told)


def show(found: "GatesResult", form: str) -> None:
    """Show people a table on standard error, or machines the whole on standard output."""
    if form == "json":
        from cl_flows.many.document import gates_json

        click.echo(json.dumps(gates_json(found), indent=2, ensure_ascii=False, allow_nan=False))
        return
    from cl_flows.terminal import show_gates

    show_gates(found)
