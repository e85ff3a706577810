"""Options that several commands share, and what they have in common to do. No command here."""

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cl_flows.exit_codes import ExitCode

if TYPE_CHECKING:
    from cl_flows.config import GateConfig
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
engine_option = click.option(
    "--engine",
    type=click.Choice(["auto", "direct", "prefect"]),
    default="auto",
    show_default=True,
    help="direct: in this process. prefect: as a Prefect flow. auto: prefect where PREFECT_API_URL is set.",
)


def run_and_show(config: "GateConfig", *, engine: str, form: str) -> ExitCode:
    """Run the gate on the engine people chose, show the verdict, return the shell's number."""
    from cl_flows.terminal import Terminal

    terminal = Terminal(quiet=form == "json")
    # Standard output belongs to the report, whatever a plugin prints.
    with redirect_stdout(sys.stderr), terminal.progress():
        result = _run(config, engine)
    terminal.show(result)
    if form == "json":
        click.echo((Path(result.folder) / "report.json").read_text(encoding="utf-8"))
    return {
        "passed": ExitCode.PASSED,
        "failed": ExitCode.GATE_FAILED,
        "undecided": ExitCode.UNDECIDED,
    }[result.status]


def _run(config: "GateConfig", engine: str) -> "GateResult":
    import os

    if engine == "prefect" or (engine == "auto" and os.environ.get("PREFECT_API_URL")):
        from cl_flows.prefect_engine import run_on_prefect

        return run_on_prefect(config)
    from cl_flows.direct import run_direct

    return run_direct(config)
