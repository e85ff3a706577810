"""`labelgate demo`: the whole gate on real data that come with scikit-learn."""

from pathlib import Path
from typing import Any

import click

from cl_flows.cli.options import (
    OUTPUT_FOLDER,
    engine_option,
    output_option,
    run_and_show,
    verdict_format_option,
)

# Handwritten digits are nearly spotless: a limit that people would set on good data.
_LIMIT = 0.05


@click.command(
    epilog="""\b
Examples:
  labelgate demo
  labelgate demo --inject-noise 0.1 --engine direct
"""
)
@click.option(
    "--inject-noise",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Share of labels to spoil on purpose first.",
)
@click.option(
    "--max-noise-rate",
    type=click.FloatRange(0, 1),
    default=_LIMIT,
    show_default=True,
    help="Largest accepted share of wrong labels.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of every choice.")
@output_option
@engine_option
@verdict_format_option
@click.pass_context
def demo(context: click.Context, /, form: str, engine: str, **flags: Any) -> None:
    """Gate 1,797 handwritten digits: nothing is downloaded.

    Runs on Prefect with a private server unless --engine says otherwise.
    """
    from cl_flows.config import make_config

    raw = {
        "data": {
            "loader": "bundled",
            "name": "digits",
            "inject_noise": flags["inject_noise"],
            "seed": flags["seed"],
        },
        "model": {"backend": "tabular", "estimator": "kernel", "seed": flags["seed"]},
        "gate": {"max_noise_rate": flags["max_noise_rate"]},
        "output": {"folder": flags["output"] or Path(OUTPUT_FOLDER)},
    }
    config = make_config(raw, "the demo")
    context.exit(run_and_show(config, engine="prefect" if engine == "auto" else engine, form=form))
