"""Offers the publishers that hand figures to monitoring and lineage tools. No behaviour here."""

from collections.abc import Iterator

from cl_core.hooks import Publisher
from cl_plugins.later import Later
from cl_plugins.publishers.metrics_options import (
    OpenLineageOptions,
    OpenTelemetryOptions,
    PrometheusTextfileOptions,
)

_HERE = "cl_plugins.publishers"


def monitoring_publishers() -> Iterator[Publisher]:
    """Offer Prometheus textfiles, OpenTelemetry and OpenLineage."""
    yield Publisher(
        "prometheus_textfile",
        "leaves the run's metrics as a file that node_exporter's textfile collector reads",
        PrometheusTextfileOptions,
        Later(f"{_HERE}.prometheus_textfile", "prometheus_textfile"),
    )
    yield Publisher(
        "opentelemetry",
        "sends the run's metrics to an OpenTelemetry collector, by OTLP over HTTP",
        OpenTelemetryOptions,
        Later(f"{_HERE}.by_opentelemetry", "publish_opentelemetry"),
        requires=("opentelemetry.proto",),
        extra="labelgate[opentelemetry]",
    )
    yield Publisher(
        "openlineage",
        "tells lineage tools of the gate on the data set, as OpenLineage events",
        OpenLineageOptions,
        Later(f"{_HERE}.by_openlineage", "publish_openlineage"),
        requires=("openlineage.client",),
        extra="labelgate[openlineage]",
        unfinished=Later(f"{_HERE}.by_openlineage", "tell_openlineage"),
    )
