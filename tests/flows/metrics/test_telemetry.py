"""Real gates that tell OpenTelemetry and lineage tools: the figures of history, and never the verdict."""

import json
import logging
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from opentelemetry import trace
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from cl_core.errors import InputError
from cl_core.hooks import Publisher
from cl_core.plugins import load_plugins
from cl_flows.config import make_config
from cl_flows.direct import run_direct
from cl_flows.metrics.newest import current_metrics
from cl_flows.outcome import GateResult
from cl_flows.plugin_options import make_options
from local_servers import QuietHandler, answering
from trees import tree_gate

SECRET = secrets.token_urlsafe(16)
PAGES = Path(__file__).parents[3] / "docs"


@dataclass
class Receiver:
    """A server that keeps what it gets, and answers with `status` and what it got."""

    url: str = ""
    status: int = 200
    received: list[tuple[str, bytes]] = field(default_factory=list)

    def at(self, path: str) -> list[bytes]:
        """Bodies that came to a path."""
        return [body for where, body in self.received if where.endswith(path)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Start a receiver that quotes the key it was shown."""
    found = Receiver()

    class Handler(QuietHandler):
        def post(self) -> None:
            found.received.append((self.path, self.body()))
            said = f"{self.headers.get('X-Key')} {self.headers.get('Authorization')}"
            self.answer(found.status, said.encode())

    with answering(Handler) as found.url:
        yield found


@pytest.fixture
def tell(
    receiver: Receiver, gate: Callable[..., GateResult], tables: Path, tmp_path: Path, monkeypatch: Any
) -> Callable[[], GateResult]:
    """Gate a bad table that both kinds of tools are told of, with a key."""
    monkeypatch.setenv("TELEMETRY_KEY", SECRET)
    common = {"retries": 0}
    key = "${TELEMETRY_KEY}"
    otel = {"publisher": "opentelemetry", "endpoint": receiver.url, "headers": {"X-Key": key}, **common}
    lineage = {"publisher": "openlineage", "url": receiver.url, "api_key": key, **common}
    return lambda: gate(tables / "noisy.csv", tmp_path / "out", "trees", otel, lineage)


def test_both_are_told_what_history_knows(
    tell: Callable[[], GateResult], receiver: Receiver, tables: Path, tmp_path: Path
) -> None:
    """OTLP has the series of the Prometheus endpoint; lineage has the gate on the file of the data."""
    result = tell()
    assert result.status == "failed"
    (body,) = receiver.at("/v1/metrics")
    (resource,) = ExportMetricsServiceRequest.FromString(body).resource_metrics
    told = sorted(
        (m.name, sorted(a.value.string_value for a in point.attributes), point.as_double)
        for m in resource.scope_metrics[0].metrics
        for point in m.gauge.data_points
    )
    text = current_metrics(tmp_path / "out").decode()
    scraped = sorted(
        (
            sample.name.replace("_", ".", 1).removesuffix("_seconds"),
            sorted(sample.labels.values()),
            sample.value,
        )
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    )
    assert told == scraped
    begun, start, end = (json.loads(body) for body in receiver.at("/api/v1/lineage"))
    assert (start["eventType"], end["eventType"]) == ("START", "FAIL")
    assert begun == start  # told when the run began, and once more for who was away then
    assert end["run"]["runId"] == start["run"]["runId"]
    (data,) = end["inputs"]
    assert (data["namespace"], data["name"]) == ("file", str(tables / "noisy.csv"))
    facet = data["inputFacets"]["labelgate_labelNoise"]
    assert (facet["runId"], facet["noiseRate"]) == (result.run_id, result.noise_rate)
    assert {one["label"] for one in facet["classes"]} == {"ash", "birch", "cedar"}
    assert list(data["inputFacets"]["dataQualityMetrics"]["columnMetrics"]) == ["label"]


def test_a_receiver_that_refuses_is_on_record_and_changes_nothing(
    tell: Callable[[], GateResult], receiver: Receiver, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The key that it quotes is in no file and no log."""
    caplog.set_level(logging.DEBUG)
    receiver.status = 401
    result = tell()
    assert result.status == "failed"
    deliveries = json.loads((Path(result.folder) / "deliveries.json").read_text(encoding="utf-8"))
    assert [(one["publisher"], one["news"]) for one in deliveries if not one["delivered"]] == [
        *(("openlineage", "began"), ("opentelemetry", "every run"), ("openlineage", "every run"))
    ]
    assert "refused the metrics with status 401" in deliveries[1]["problem"]
    assert all("refused the lineage event with status 401" in deliveries[i]["problem"] for i in (0, 2))
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]
    assert SECRET not in caplog.text


def test_the_steps_of_a_run_are_spans_below_it(
    gate: Callable[..., GateResult], tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what each found; a step that breaks is told by the type of its error alone."""
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    result = gate(tables / "noisy.csv", tmp_path, "trees")
    *steps, run = kept.get_finished_spans()
    assert [one.name.removeprefix("labelgate.") for one in steps] == [
        *("load", "predict", "estimate", "judge", "publish")
    ]
    assert run.context is not None
    assert {one.parent and one.parent.span_id for one in steps} == {run.context.span_id}
    facts = {one.name: dict(one.attributes or {}) for one in (*steps, run)}
    assert facts["labelgate.run"]["labelgate.status"] == "failed"
    assert facts["labelgate.load"]["labelgate.rows"] == 300
    assert facts["labelgate.estimate"]["labelgate.noise_rate"] == result.noise_rate

    kept.clear()
    with pytest.raises(InputError):
        gate(tmp_path / "nowhere.csv", tmp_path, "trees")
    load, run = kept.get_finished_spans()
    for span in (load, run):
        assert (span.status.status_code, span.status.description) == (trace.StatusCode.ERROR, None)
        assert dict(span.attributes or {}) == {"error.type": "InputError"}
        assert list(span.events) == []


def test_a_command_under_opentelemetry_instrument_sends_its_spans(
    receiver: Receiver, tables: Path, tmp_path: Path
) -> None:
    """By OTLP, as the page shows it; the exit code is that of the verdict."""
    instrument = str(Path(sys.executable).with_name("opentelemetry-instrument"))
    labelgate = [sys.executable, "-c", "from cl_flows.cli import main; main()"]
    gate = [str(tables / "noisy.csv"), "--label", "label", "--id", "tree", "--max-noise-rate", "0.05"]
    quick = ["--no-great-expectations", "--engine", "direct", "--output", str(tmp_path)]
    done = subprocess.run(
        [instrument, *labelgate, "run", *gate, *quick],
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("OTEL_")},
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_SERVICE_NAME": "labelgate",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_LOGS_EXPORTER": "none",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 3, done.stderr
    spans = [
        span
        for body in receiver.at("/v1/traces")
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
        if scope.scope.name == "labelgate"
    ]
    assert {span.name.removeprefix("labelgate.") for span in spans} == {
        *("run", "load", "predict", "estimate", "judge", "publish")
    }
    assert len({span.trace_id for span in spans}) == 1


@pytest.mark.parametrize(
    ("page", "publishers"),
    [("metrics.md", {"prometheus_textfile", "opentelemetry"}), ("lineage.md", {"openlineage"})],
)
def test_every_example_of_the_pages_is_accepted(
    page: str, publishers: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each YAML block names publishers and options that there are."""
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OPENLINEAGE_URL"):
        monkeypatch.setenv(name, "https://example.com")
    for name in ("OTLP_KEY", "OPENLINEAGE_API_KEY"):
        monkeypatch.setenv(name, "key")
    monkeypatch.setenv("OPENLINEAGE_PARENT_ID", "prod/nightly/01a21f3f-04aa-7dc8-b5b7-42e4ab9e0261")
    registry = load_plugins()
    seen = set()
    text = (PAGES / page).read_text(encoding="utf-8")
    for block in text.split("```yaml\n")[1:]:
        raw = {"data": {"path": "x.csv"}, "gate": {"max_noise_rate": 0.05}}
        config = make_config({**raw, **yaml.safe_load(block.split("```")[0])}, page)
        for section in config.publish:
            publisher = registry.find(Publisher, section.publisher)
            make_options(publisher, section.options, Path(), "publish", registry)
            seen.add(section.publisher)
    assert seen == publishers


def test_a_gate_without_the_extra_says_what_to_install(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The verdict stands all the same."""
    for module in ("opentelemetry.proto.metrics.v1.metrics_pb2", "cl_plugins.publishers.lineage.events"):
        monkeypatch.setitem(__import__("sys").modules, module, None)
    config = {
        **tree_gate(tables / "clean.csv", tmp_path),
        "publish": [
            {"publisher": "opentelemetry"},
            {"publisher": "openlineage", "path": str(tmp_path / "x")},
        ],
    }
    result = run_direct(make_config(config, "test"))
    assert result.status == "passed"
    deliveries = json.loads((Path(result.folder) / "deliveries.json").read_text(encoding="utf-8"))
    assert all("which is not installed" in one["problem"] for one in deliveries)
