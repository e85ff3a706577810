"""Metrics by OTLP: what a receiver decodes, what becomes of refusals, and that no key is told."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsPartialSuccess,
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)

from cl_core import ConfigError, FinishedRun, PluginError, Publisher
from cl_core.baseline import Baseline, ClassFigures
from cl_core.plugins import load_plugins
from cl_core.testing import check_publisher
from cl_plugins.metrics.gauges import NAMES, Gauge, gauges
from cl_plugins.metrics.measures import measures_of
from cl_plugins.publishers.by_opentelemetry import (
    metric_name,
    metrics_request,
    publish_opentelemetry,
    signal_address,
)
from cl_plugins.publishers.metrics_options import OpenTelemetryOptions

KEY = "k3y-that-nobody-may-see"
MOMENT = "2026-01-01T00:00:00.000+00:00"
CLASSES = tuple(ClassFigures(f"class {i:02}", 50, i / 100, 0.0, 0.5) for i in range(25))
FIGURES = Baseline("r1", MOMENT, 1_000, 0.081, 0.062, 0.104, "auto", classes=CLASSES)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cl_plugins.backends.served.patience._FIRST_WAIT_S", 0.01)


def send(run: FinishedRun, url: str, **options: Any) -> None:
    publish_opentelemetry(run, OpenTelemetryOptions.model_validate({"endpoint": url, **options}))


def test_the_publisher_keeps_the_contract(receiver: Any) -> None:
    """It is offered with the extra that it needs, and hears of every run."""
    publisher = load_plugins().find(Publisher, "opentelemetry")
    check_publisher(publisher, {"endpoint": receiver.url})
    assert (publisher.extra, publisher.when) == ("labelgate[opentelemetry]", "always")
    assert receiver.received


def test_a_receiver_decodes_the_same_figures_that_prometheus_gets(
    receiver: Any, finished: Callable[..., FinishedRun]
) -> None:
    """Every gauge with every label, at the moment when the run ended, by OpenTelemetry's names."""
    run = finished(figures=FIGURES)
    send(run, receiver.url, attributes={"deployment.environment.name": "test"})
    (got,) = receiver.received
    assert got.path == "/services/s3cr3t-path/v1/metrics"
    assert got.headers["Content-Type"] == "application/x-protobuf"
    (resource,) = ExportMetricsServiceRequest.FromString(got.body).resource_metrics
    assert {a.key: a.value.string_value for a in resource.resource.attributes} == {
        "service.name": "labelgate",
        "service.version": "0.1.0",
        "deployment.environment.name": "test",
    }
    (scope,) = resource.scope_metrics
    assert (scope.scope.name, scope.scope.version) == ("labelgate", "0.1.0")
    told = {
        (metric.name, metric.unit, frozenset((a.key, a.value.string_value) for a in point.attributes)): (
            point.as_double,
            point.time_unix_nano,
        )
        for metric in scope.metrics
        for point in metric.gauge.data_points
    }
    wanted = {
        (metric_name(one), one.unit, frozenset((f"labelgate.{name}", text) for name, text in labels)): (
            value,
            1_767_225_600 * 10**9,
        )
        for one in gauges([measures_of(run)])
        for labels, value in one.values.items()
    }
    assert told == wanted
    rate = ("labelgate.noise_rate", "1", frozenset({("labelgate.dataset", "trees")}))
    assert told[rate][0] == 0.081
    assert len([1 for name, *_ in told if name == "labelgate.class_noise_rate"]) == 20


def test_names_are_opentelemetrys() -> None:
    """Lower case below one namespace, without a unit at the end, and no two of them alike."""
    names = [metric_name(Gauge(name, "")) for name in NAMES]
    assert len(set(names)) == len(NAMES)
    assert all(name.startswith("labelgate.") and name == name.lower() for name in names)
    assert not [name for name in names if name.endswith(("_seconds", "_ratio", "_total"))]


def test_names_that_mean_harm_are_valid_text(harmful: FinishedRun) -> None:
    """Half a character is no UTF-8, which protobuf refuses."""
    request = metrics_request(harmful, OpenTelemetryOptions())
    assert ExportMetricsServiceRequest.FromString(request.SerializeToString()) == request


@pytest.mark.parametrize(
    ("endpoint", "address"),
    [
        ("http://host:4318", "http://host:4318/v1/metrics"),
        ("http://host:4318/", "http://host:4318/v1/metrics"),
        ("https://host/otlp", "https://host/otlp/v1/metrics"),
        ("https://host/otlp/v1/metrics", "https://host/otlp/v1/metrics"),
        ("https://host/otlp?key=1", "https://host/otlp/v1/metrics?key=1"),
    ],
)
def test_the_path_of_metrics_is_added_once(endpoint: str, address: str) -> None:
    """As people write it for other exporters, or in full."""
    assert signal_address(endpoint) == address


def test_a_busy_receiver_is_asked_again_and_a_refusal_is_final(
    receiver: Any, finished: Callable[..., FinishedRun], caplog: pytest.LogCaptureFixture
) -> None:
    """No key is in an error or a log, though the receiver quotes it."""
    caplog.set_level(logging.DEBUG)
    receiver.orders = [503, (429, {"Retry-After": "0"})]
    send(finished(), receiver.url, headers={"X-Key": KEY})
    assert [one.headers["X-Key"] for one in receiver.received] == [KEY] * 3
    receiver.orders, receiver.answer = [401], f"no such key {KEY}".encode()
    with pytest.raises(ConfigError, match="refused the metrics with status 401") as caught:
        send(finished(), receiver.url, headers={"X-Key": KEY})
    assert len(receiver.received) == 4
    told = caplog.text + str(caught.value)
    assert KEY not in told
    assert "s3cr3t" not in told


def test_a_receiver_that_hangs_is_given_up(receiver: Any, finished: Callable[..., FinishedRun]) -> None:
    """Within the time of one try."""
    receiver.orders = ["hang"]
    with pytest.raises(PluginError, match="ReadTimeout"):
        send(finished(), receiver.url, retries=0, timeout_s=0.1)


def test_points_that_were_rejected_are_an_error(receiver: Any, finished: Callable[..., FinishedRun]) -> None:
    """OTLP says so in an answer of 200; any other answer of 200 is a success."""
    partial = ExportMetricsPartialSuccess(rejected_data_points=3, error_message=KEY)
    receiver.answer = ExportMetricsServiceResponse(partial_success=partial).SerializeToString()
    with pytest.raises(PluginError, match="rejected 3 of the run's data points") as caught:
        send(finished(), receiver.url)
    assert KEY not in str(caught.value)
    for answer in (ExportMetricsServiceResponse().SerializeToString(), b"", b"\xff\xff", b"{}", b"OK"):
        receiver.answer = answer
        send(finished(), receiver.url)
