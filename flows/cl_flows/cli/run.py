"""`labelgate run`: gate a file, or what a gate.yaml says."""

from pathlib import Path
from typing import Any

import click

from cl_flows.cli.options import (
    at_once_option,
    engine_option,
    output_option,
    run_and_show,
    verdict_format_option,
)
from cl_flows.exit_codes import ExitCode


@click.command(
    epilog="""\b
Examples:
  labelgate run data.csv --label y --max-noise-rate 0.05
  labelgate run "parts/*.parquet" --max-noise-rate 0.05
  labelgate run scored.npz --max-noise-rate 0.02 --format json
  labelgate run gate.yaml --engine prefect
  labelgate run gate.yaml --format junit > labelgate.xml
  labelgate run gate.yaml --clean-split --preset strict
  labelgate run customers.yaml orders.yaml --at-once 4 --format json
"""
)
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.option("--label", help="Column of the given label (tables); guessed by its name.")
@click.option("--id", "id_column", help="Column that identifies a row (tables).")
@click.option(
    "--max-noise-rate", type=click.FloatRange(0, 1), help="Largest accepted share of wrong labels, 0 to 1."
)
@click.option("--backend", help="Model backend by name: see `labelgate plugins`.")
@click.option("--folds", type=click.IntRange(2), help="Folds of the cross-validation.")
@click.option("--seed", type=click.IntRange(0), help="Seed of every random choice.")
@click.option(
    "--great-expectations/--no-great-expectations",
    default=None,
    help="Whether to cross-check the limits with Great Expectations.  [default: yes]",
)
@click.option(
    "--cache/--no-cache",
    default=None,
    help="Whether to keep probabilities, and use those kept of the same data and model.  [default: yes]",
)
@click.option(
    "--preset",
    type=click.Choice(["standard", "strict", "report-only"]),
    help="Which checks run, and which can fail the run: see docs/gate.md.",
)
@click.option("--baseline", metavar="RUN", help="Run to compare with.  [default: the last accepted one]")
@click.option(
    "--clean-split",
    is_flag=True,
    help="Also write kept.parquet and quarantined.parquet; flagged rows go, or what `clean` says.",
)
@click.option(
    "--advisory",
    is_flag=True,
    help="Only tell: leave with 0 whatever the verdict, which stands in report and history as ever.",
)
@at_once_option
@output_option
@engine_option
@verdict_format_option
@click.pass_context
def run(context: click.Context, /, sources: tuple[str, ...], engine: str, form: str, **flags: Any) -> None:
    """Gate SOURCE: labelled data in a file, a folder, a glob or behind a URL, or a gate.yaml.

    Flags lie over what a gate.yaml says. The run passes (0), fails (3) or is undecided (4). Several gate.yaml
    run side by side, and the worst of them is the verdict of all: crashed (1), failed, undecided, passed.
    """
    if len(sources) == 1:
        context.exit(_run(sources[0], engine=engine, form=form, flags=flags))
    from cl_flows.cli.run_many import run_many

    context.exit(run_many(sources, _sections(flags), engine=engine, form=form, flags=flags))


def _run(source: str, *, engine: str, form: str, flags: dict[str, Any]) -> ExitCode:
    from cl_core.errors import ConfigError
    from cl_flows.config import load_config, make_config, merged
    from cl_flows.policy_config import CleanSection

    given = _sections(flags)
    if source.lower().endswith((".yaml", ".yml")):
        config = load_config(Path(source), given)
    else:
        if flags["max_noise_rate"] is None:
            raise ConfigError(
                "no limit given: --max-noise-rate is missing",
                hint="0.05 lets one label in twenty be wrong; `labelgate init` writes a gate.yaml to keep",
            )
        config = make_config(merged({"data": {"path": source}}, given), "the command line")
    if flags["clean_split"] and config.clean is None:
        config = config.model_copy(update={"clean": CleanSection(quarantine="flagged")})
    return run_and_show(config, engine=engine, form=form, advisory=flags["advisory"])


def _sections(flags: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Sort the flags that were given into the sections of gate.yaml."""
    homes = {
        "label": ("data", "label"),
        "id_column": ("data", "id"),
        "max_noise_rate": ("gate", "max_noise_rate"),
        "preset": ("gate", "preset"),
        "baseline": ("gate", "baseline"),
        "great_expectations": ("gate", "great_expectations"),
        "backend": ("model", "backend"),
        "folds": ("model", "folds"),
        "seed": ("model", "seed"),
        "cache": ("cache", "enabled"),
        "output": ("output", "folder"),
    }
    sections: dict[str, dict[str, Any]] = {}
    for flag, (section, key) in homes.items():
        if flags[flag] is not None:
            # Laid over a section of gate.yaml, a bare truth value would wipe out what else it says.
            value = {"enabled": flags[flag]} if flag == "great_expectations" else flags[flag]
            sections.setdefault(section, {})[key] = value
    return sections
