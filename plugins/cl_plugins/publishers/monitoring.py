"""Offers the publishers that hand figures to monitoring and lineage tools. No behaviour here."""

from collections.abc import Iterator

from cl_core.hooks import Publisher
from cl_plugins.later import Later
from cl_plugins.publishers.metrics_options import PrometheusTextfileOptions


def monitoring_publishers() -> Iterator[Publisher]:
    """Offer Prometheus textfiles."""
    yield Publisher(
        "prometheus_textfile",
        "leaves the run's metrics as a file that node_exporter's textfile collector reads",
        PrometheusTextfileOptions,
        Later("cl_plugins.publishers.prometheus_textfile", "prometheus_textfile"),
    )
