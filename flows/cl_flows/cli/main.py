"""The `labelgate` command and what becomes of errors. The commands are in their own files."""

import errno
import os
import sys
from contextlib import suppress
from importlib.metadata import version

import click

from cl_flows.cli.alert import alert
from cl_flows.cli.audit import audit
from cl_flows.cli.backfill import backfill
from cl_flows.cli.check import check
from cl_flows.cli.corrections import corrections
from cl_flows.cli.demo import demo
from cl_flows.cli.doctor import doctor
from cl_flows.cli.history import history
from cl_flows.cli.init import init
from cl_flows.cli.metrics import metrics
from cl_flows.cli.options import MACHINE_FORMATS
from cl_flows.cli.plugins import plugins
from cl_flows.cli.regate import regate
from cl_flows.cli.report import report
from cl_flows.cli.review import review, serve
from cl_flows.cli.run import run
from cl_flows.cli.schedule import schedule
from cl_flows.ending import Terminated
from cl_flows.exit_codes import ExitCode

# Reasons of the operating system that other rights, or more room, would mend.
_NO_RIGHT = {errno.EACCES, errno.EPERM, errno.EROFS}
_NO_ROOM = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 passed, 1 crashed, 2 bad usage or input, 3 gate failed, 4 undecided.",
)
@click.version_option(version("labelgate"), prog_name="labelgate")
def labelgate() -> None:
    """Stop bad labels before they reach training.

    labelgate estimates how many labels of a data set are wrong and fails when they are too many.
    Start with `labelgate demo`, then `labelgate run data.csv --label y --max-noise-rate 0.05`.
    """


for _command in (
    demo,
    init,
    run,
    regate,
    corrections,
    backfill,
    check,
    report,
    review,
    serve,
    history,
    metrics,
    audit,
    alert,
    plugins,
    schedule,
    doctor,
):
    labelgate.add_command(_command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    code = _exit_code(arguments if arguments is not None else sys.argv[1:])
    limits = sys.modules.get("cl_flows.limits")
    if limits is not None and limits.anyone_left_behind():  # what hangs would keep us from leaving
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _exit_code(arguments: list[str]) -> int:
    try:
        code = labelgate.main(arguments, prog_name="labelgate", standalone_mode=False)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except SystemExit as leaving:
        return _left(arguments, leaving)
    except click.Abort as interrupt:
        click.echo("interrupted", err=True)
        _tell_machines(arguments, interrupt)
        return 143 if isinstance(interrupt.__cause__, Terminated) else 130  # the shell's numbers
    except click.UsageError as error:
        error.show()
        _tell_machines(arguments, error)
        return ExitCode.BAD_INPUT
    except Exception as error:  # noqa: BLE001 - sorted below, and raised again where it is a fault of ours
        _tell_machines(arguments, error)
        return _deliberate(error)
    return int(code or ExitCode.PASSED)


def _left(arguments: list[str], leaving: SystemExit) -> int:
    """Tell of a process that something wanted to end; its code is never ours, least of all 0."""
    if type(sys.stdout).__name__.endswith("PacifyFlushWrapper"):  # click's mark of a broken pipe
        click.echo("error: a pipe broke: what reads the output left before its end", err=True)
        return ExitCode.CRASHED
    from cl_core.errors import GateError

    error = GateError(
        f"something called sys.exit({leaving.code!r}), so there is no verdict",
        hint="a plugin may have done so while it was imported: see `labelgate plugins`",
    )
    _tell_machines(arguments, error)
    return _deliberate(error)


def _deliberate(error: Exception) -> int:
    """Tell people of an error raised on purpose; any other is a fault of ours and goes on."""
    from cl_core.errors import ConfigError, InputError, LabelgateError

    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        where = f" for {error.filename}" if error.filename else ""
        what = "a file may not grow further" if error.errno == errno.EFBIG else "the disk is full"
        click.secho(f"error: {what}{where}: {error.strerror}", fg="red", err=True)
        click.echo("  hint: make room, or name another results folder with --output; no verdict", err=True)
        return ExitCode.CRASHED
    if isinstance(error, OSError) and error.errno in _NO_RIGHT and error.filename:
        click.secho(f"error: {error.filename} cannot be used: {error.strerror}", fg="red", err=True)
        click.echo("  hint: check who may read and write there, or name another folder", err=True)
        return ExitCode.BAD_INPUT
    if not isinstance(error, LabelgateError):
        raise error  # Python prints the traceback and leaves with 1
    from cl_flows.outcome import GateFailed

    stopped = isinstance(error, GateFailed)
    click.secho(f"{'failed' if stopped else 'error'}: {error}", fg="red", err=True)
    if error.hint:
        click.echo(f"  hint: {error.hint}", err=True)
    if stopped:
        return ExitCode.GATE_FAILED
    return ExitCode.BAD_INPUT if isinstance(error, InputError | ConfigError) else ExitCode.CRASHED


def _tell_machines(arguments: list[str], error: Exception) -> None:
    """Print the error in the machine's language that the caller asked for."""
    form = _format_asked(arguments)
    if form not in MACHINE_FORMATS:
        return
    from cl_flows.formats import Told, render

    said = {"type": type(error).__name__, "message": str(error), "hint": getattr(error, "hint", "")}
    with suppress(OSError):  # standard output may be what broke; people are told on standard error
        click.echo(render(form, Told(error=said)))


def _format_asked(arguments: list[str]) -> str:
    """Read the format out of arguments that may be wrong in other ways."""
    form = ""
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if argument == "--format":
            form = following
        elif argument.startswith("--format="):
            form = argument.removeprefix("--format=")
    return form
