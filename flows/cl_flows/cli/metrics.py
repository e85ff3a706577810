"""`labelgate metrics`: the newest run of every data set as Prometheus metrics, printed or served."""

from pathlib import Path

import click

from cl_flows.cli.options import OUTPUT_FOLDER, output_option


@click.command(
    epilog="""\b
Examples:
  labelgate metrics
  labelgate metrics --serve 127.0.0.1:9108
  labelgate metrics --serve 0.0.0.0:9108 --without retired-data
"""
)
@click.option(
    "--serve",
    metavar="[HOST:]PORT",
    help="Serve /metrics there until interrupted; 127.0.0.1 where no host is named.",
)
@click.option("--without", multiple=True, metavar="DATASET", help="Leave this data set out; repeatable.")
@output_option
def metrics(serve: str | None, without: tuple[str, ...], output: Path | None) -> None:
    """Print the metrics of the newest run of each data set, or serve them to Prometheus."""
    from cl_flows.metrics.newest import current_metrics

    folder = output or OUTPUT_FOLDER
    if serve is None:
        text = current_metrics(folder, without=without)
        if not text:
            click.echo(f"no runs in {folder}", err=True)
        click.echo(text, nl=False)
        return
    from cl_flows.metrics.endpoint import open_endpoint

    with open_endpoint(serve, lambda: current_metrics(folder, without=without)) as endpoint:
        click.echo(f"metrics of {folder} on {endpoint.url}; Ctrl-C ends it", err=True)
        endpoint.serve_forever()
