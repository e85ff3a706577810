"""`labelgate init`: look at a file and write a gate.yaml that runs."""

from pathlib import Path

import click


@click.command(
    epilog="""\b
Examples:
  labelgate init data.csv
  labelgate init data.parquet --label intent --to nightly.yaml
  labelgate init https://example.org/reviews.jsonl
"""
)
@click.argument("source")
@click.option("--label", help="Column of the given label; guessed when left out.")
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("gate.yaml"),
    show_default=True,
    help="File to write.",
)
@click.option("--force", is_flag=True, help="Overwrite the file if it is there.")
def init(source: str, label: str | None, target: Path, *, force: bool) -> None:
    """Look at SOURCE, a file, folder, glob or URL, and write a commented gate.yaml for it."""
    from cl_core.errors import ConfigError
    from cl_flows.scaffold import draft

    if target.exists() and not force:
        raise ConfigError(f"{target} is already there", hint="--force overwrites it, --to names another file")
    text, said = draft(source, label, target)
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot write {target}: {error.strerror}", hint="name another with --to"
        ) from error
    for line in said:
        click.echo(line, err=True)
    click.echo(f"wrote {target}; next: labelgate run {target}", err=True)
