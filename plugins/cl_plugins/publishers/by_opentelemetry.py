"""Sends a finished run's metrics by OTLP, protobuf over HTTP. No SDK: nothing runs on in the background."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from cl_core.errors import PluginError
from cl_core.hooks import FinishedRun
from cl_plugins.metrics.gauges import Gauge, gauges
from cl_plugins.metrics.measures import measures_of
from cl_plugins.needs import needed
from cl_plugins.publishers.delivery import plain_headers
from cl_plugins.publishers.metrics_options import OpenTelemetryOptions
from cl_plugins.publishers.post import post_bytes

if TYPE_CHECKING:
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
    from opentelemetry.proto.common.v1.common_pb2 import KeyValue
    from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

_SIGNAL = "/v1/metrics"
_SCOPE = "labelgate"
_FOR = ("opentelemetry", "the publisher opentelemetry")  # the extra, and who needs it
_NANOSECONDS = 1_000_000_000


def publish_opentelemetry(run: FinishedRun, options: OpenTelemetryOptions) -> None:
    """Send every metric of the run; what the receiver takes only in part is an error."""
    service = _proto("collector.metrics.v1.metrics_service_pb2")
    answer = post_bytes(
        signal_address(options.endpoint.get_secret_value()),
        metrics_request(run, options).SerializeToString(),
        options,
        headers=plain_headers(options.headers),
        kind="application/x-protobuf",
        what="the metrics",
        reads=True,
    )
    try:
        partial = service.ExportMetricsServiceResponse.FromString(answer).partial_success
    except needed("google.protobuf.message", *_FOR).DecodeError:  # it was taken, whatever this says
        return
    if partial.rejected_data_points:
        raise PluginError(
            f"the OTLP receiver rejected {partial.rejected_data_points:,} of the run's data points",
            hint="its log says why; compare the names and attributes in docs/metrics.md with its limits",
        )


def signal_address(endpoint: str) -> str:
    """Return where metrics go: the endpoint with the path that OTLP gives them, once."""
    parts = urlsplit(endpoint)
    path = parts.path.rstrip("/")
    return urlunsplit(parts._replace(path=path if path.endswith(_SIGNAL) else path + _SIGNAL))


def metrics_request(run: FinishedRun, options: OpenTelemetryOptions) -> "ExportMetricsServiceRequest":
    """Return the run's metrics as OTLP's message; each was measured when the run ended."""
    measures = measures_of(run)
    metrics = _proto("metrics.v1.metrics_pb2")
    resource = {**options.attributes, "service.name": options.service_name, "service.version": run.version}
    moment = int(measures.finished * _NANOSECONDS)
    scope = metrics.ScopeMetrics(metrics=_metrics(gauges([measures]), moment))
    scope.scope.name, scope.scope.version = _SCOPE, run.version
    of_resource = metrics.ResourceMetrics(scope_metrics=[scope])
    of_resource.resource.attributes.extend(_attributes(resource))
    request: ExportMetricsServiceRequest = _proto(
        "collector.metrics.v1.metrics_service_pb2"
    ).ExportMetricsServiceRequest(resource_metrics=[of_resource])
    return request


def _metrics(given: Iterable[Gauge], moment: int) -> "Iterator[Metric]":
    metrics = _proto("metrics.v1.metrics_pb2")
    for gauge in given:
        points = [
            metrics.NumberDataPoint(
                attributes=_attributes({attribute_name(name): text for name, text in labels}),
                time_unix_nano=moment,
                as_double=value,
            )
            for labels, value in gauge.values.items()
        ]
        yield metrics.Metric(
            name=metric_name(gauge),
            description=gauge.says,
            unit=gauge.unit,
            gauge=metrics.Gauge(data_points=points),
        )


def metric_name(gauge: Gauge) -> str:
    """Return OpenTelemetry's name of a metric: a namespace with a dot, and no unit in it."""
    namespace, _, rest = gauge.name.partition("_")
    return f"{namespace}.{rest.removesuffix('_seconds')}"


def attribute_name(label: str) -> str:
    """Return OpenTelemetry's name of a label, in our namespace."""
    return f"labelgate.{label}"


def _attributes(texts: Mapping[str, str]) -> "list[KeyValue]":
    common = _proto("common.v1.common_pb2")
    return [
        common.KeyValue(key=name, value=common.AnyValue(string_value=text)) for name, text in texts.items()
    ]


def _proto(module: str) -> Any:
    return needed(f"opentelemetry.proto.{module}", *_FOR)
