"""`labelgate check`: gate several small files one after the other, as a pre-commit hook does."""

from pathlib import Path
from typing import Any

import click

from cl_flows.exit_codes import ExitCode

_MEGABYTE = 1_000_000


@click.command(
    epilog="""\b
Examples:
  labelgate check labels/*.csv --label y --max-noise-rate 0.05
  labelgate check train.csv test.csv --config gate.yaml
"""
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--label", help="Column of the given label; guessed when left out.")
@click.option("--id", help="Column that identifies a row.")
@click.option("--max-noise-rate", type=click.FloatRange(0, 1), help="Largest accepted share of wrong labels.")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="gate.yaml whose settings hold for every file; its data.path is replaced.",
)
@click.option(
    "--max-megabytes",
    type=click.FloatRange(0, min_open=True),
    default=20.0,
    show_default=True,
    help="Larger files are skipped, aloud: a nightly run is the place for them.",
)
@click.pass_context
def check(context: click.Context, /, files: tuple[Path, ...], max_megabytes: float, **settings: Any) -> None:
    """Gate each of FILES quickly: a line a file, no run folder, no history, no Great Expectations.

    The exit code is 0 when every file passes; else that of a crash, of bad input, of a failed or of an
    undecided gate, whichever comes first in this list.
    """
    codes = [_check(file, max_megabytes, settings) for file in files]
    context.exit(min((code for code in codes if code), default=ExitCode.PASSED))


def _check(file: Path, max_megabytes: float, settings: dict[str, Any]) -> ExitCode:
    megabytes = file.stat().st_size / _MEGABYTE if file.is_file() else 0.0
    if megabytes > max_megabytes:
        click.secho(
            f"skipped {file}: {megabytes:.1f} MB, more than {max_megabytes:g} MB", fg="yellow", err=True
        )
        return ExitCode.PASSED
    return _gated(file, settings)


def _gated(file: Path, settings: dict[str, Any]) -> ExitCode:
    from tempfile import TemporaryDirectory

    from cl_core.errors import ConfigError, InputError, LabelgateError
    from cl_flows.cli.options import exit_code_of
    from cl_flows.quick import run_gate

    source, more = (settings["config"], {"path": file.resolve()}) if settings["config"] else (file, {})
    given = {key: value for key, value in settings.items() if key != "config"} | more
    with TemporaryDirectory(prefix="labelgate-") as folder:
        try:
            result = run_gate(source, **{**given, "output": Path(folder), "great_expectations": False})
        except LabelgateError as error:
            click.secho(f"error {file}: {error}", fg="red", err=True)
            click.echo(f"  hint: {error.hint}", err=True)
            wrong_input = isinstance(error, InputError | ConfigError)
            return ExitCode.BAD_INPUT if wrong_input else ExitCode.CRASHED
    colour = {"passed": "green", "failed": "red"}.get(result.status, "yellow")
    click.secho(f"{result.status} {file}: {result.says}", fg=colour, err=True)
    return exit_code_of(result)
