"""Real gates that tell OpenTelemetry and lineage tools: the figures of history, and never the verdict."""

import json
import logging
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from prometheus_client.parser import text_string_to_metric_families

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
    start, end = (json.loads(body) for body in receiver.at("/api/v1/lineage"))
    assert (start["eventType"], end["eventType"]) == ("START", "FAIL")
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
    assert [one["delivered"] for one in deliveries] == [False, False]
    assert "refused the metrics with status 401" in deliveries[0]["problem"]
    assert "refused the lineage event with status 401" in deliveries[1]["problem"]
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]
    assert SECRET not in caplog.text


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
