"""Options that several commands share, and what they have in common to do. No command here."""

import json
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cl_flows.exit_codes import ExitCode

if TYPE_CHECKING:
    from cl_flows.config import GateConfig
    from cl_flows.many.prepared import Parent
    from cl_flows.outcome import GateResult

F = TypeVar("F", bound=Callable[..., Any])

OUTPUT_FOLDER = Path("labelgate-runs")

output_option = click.option(
    "--output",
    type=click.Path(path_type=Path),
    help=f"Folder of runs and history.  [default: {OUTPUT_FOLDER}]",
)
format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="text for people (standard error), json for machines (standard output).",
)
# By hand, so that --help imports no renderer; a test compares.
MACHINE_FORMATS = ("json", "junit", "sarif", "github")
verdict_format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", *MACHINE_FORMATS]),
    default="text",
    show_default=True,
    help="text for people (standard error); for machines, on standard output, the report as json, as "
    "junit or sarif, or github annotations.",
)
engine_option = click.option(
    "--engine",
    type=click.Choice(["auto", "direct", "prefect"]),
    default="auto",
    show_default=True,
    help="direct: in this process. prefect: as a Prefect flow. auto: prefect where PREFECT_API_URL is set.",
)

at_once_option = click.option(
    "--at-once",
    type=click.IntRange(1),
    default=2,
    show_default=True,
    help="Gates that run at the same time, where there are several; each has a process of its own.",
)


def run_and_show(
    config: "GateConfig",
    *,
    engine: str,
    form: str,
    advisory: bool = False,
    parent: "Parent | None" = None,
) -> ExitCode:
    """Run the gate on the engine people chose, show the verdict, return the shell's number.

    An `advisory` gate only tells: the number is that of a pass whatever the verdict. Prefect shows a gate
    below its `parent`, where it has one.
    """
    from cl_flows.ending import heeding_sigterm
    from cl_flows.terminal import Terminal

    terminal = Terminal(quiet=form != "text")
    # Standard output belongs to the report, whatever a plugin prints.
    with heeding_sigterm(), redirect_stdout(sys.stderr), terminal.progress():
        result = _run(config, engine, advisory=advisory, parent=parent)
    terminal.show(result)
    if form != "text":
        tell(Path(result.folder), form)
    code = exit_code_of(result)
    if not advisory or code is ExitCode.PASSED:
        return code
    if form == "text":
        click.echo(f"advisory: nothing is stopped; a gate that blocks leaves with {int(code)} here", err=True)
    return ExitCode.PASSED


def exit_code_of(result: "GateResult") -> ExitCode:
    """Return the shell's number for a verdict."""
    return {
        "passed": ExitCode.PASSED,
        "failed": ExitCode.GATE_FAILED,
        "undecided": ExitCode.UNDECIDED,
    }[result.status]


def tell(folder: Path, form: str) -> None:
    """Print the run in `folder` on standard output, in the language of the machine that asked."""
    from cl_flows.formats import Told, render

    text = (folder / "report.json").read_text(encoding="utf-8")
    click.echo(text if form == "json" else render(form, Told(report=json.loads(text))))
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if form == "github" and summary:
        with Path(summary).open("a", encoding="utf-8") as page:
            page.write((folder / "report.md").read_text(encoding="utf-8") + "\n")


def wants_prefect(engine: str) -> bool:
    """Whether the engine people chose is Prefect here and now."""
    return engine == "prefect" or (engine == "auto" and bool(os.environ.get("PREFECT_API_URL")))


def _run(config: "GateConfig", engine: str, *, advisory: bool, parent: "Parent | None") -> "GateResult":
    if wants_prefect(engine):
        from cl_flows.prefect_engine import run_on_prefect

        return run_on_prefect(config, advisory=advisory, parent=parent)
    from cl_flows.direct import run_direct

    return run_direct(config)
