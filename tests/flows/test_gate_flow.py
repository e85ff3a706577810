"""The Prefect flow on a real server: states, retries, subflows, and the same records as the direct engine."""

import json
import re
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import cl_flows.plan
from cl_core import Dataset, DatasetLoader, InputError, PluginError
from cl_core.plugins import Offer, Registry, load_plugins
from cl_flows import GateConfig, GateFailed, GateUndecided, label_gate
from cl_flows.config import make_config
from cl_flows.direct import run_direct
from cl_flows.history import read_history

pytestmark = [pytest.mark.prefect, pytest.mark.usefixtures("prefect_api")]


def newest_flow_run(name: str = "label-gate") -> Any:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowFilter, FlowFilterName
    from prefect.client.schemas.sorting import FlowRunSort

    with get_client(sync_client=True) as client:
        wanted = FlowFilter(name=FlowFilterName(any_=[name]))
        (run,) = client.read_flow_runs(flow_filter=wanted, sort=FlowRunSort.START_TIME_DESC, limit=1)
        return run


def test_a_pass_returns_its_result_and_completes(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """What comes after the gate may go on."""
    result = label_gate(gate_config(tables / "clean.csv", tmp_path))
    assert result.status == "passed"
    assert newest_flow_run().state.name == "Completed"


def test_a_failed_gate_raises_and_its_state_has_a_name_of_its_own(
    tables: Path, tmp_path: Path, gate_config: Any
) -> None:
    """Automations and people tell a failed gate from a crash by the state's name."""
    with pytest.raises(GateFailed) as raised:
        label_gate(gate_config(tables / "noisy.csv", tmp_path))
    state = newest_flow_run().state
    assert (state.type.value, state.name) == ("FAILED", "NoiseGateFailed")
    assert raised.value.result.says == state.message
    assert newest_flow_run().run_count == 1


def test_too_few_rows_end_undecided(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """Never a pass, and not a failed gate either."""
    config = gate_config(tables / "clean.csv", tmp_path)
    config = config.model_copy(update={"checks": {"coverage": {"min_rows": 1000}}})
    with pytest.raises(GateUndecided):
        label_gate(config)
    assert newest_flow_run().state.name == "NoiseGateUndecided"


@pytest.mark.parametrize(
    ("name", "min_rows", "status", "state"),
    [
        ("clean", 100, "passed", "Completed"),
        ("noisy", 100, "failed", "NoiseGateFailedAdvisory"),
        ("clean", 1000, "undecided", "NoiseGateUndecidedAdvisory"),
    ],
)
def test_an_advisory_gate_tells_and_stops_nothing(
    tables: Path, tmp_path: Path, gate_config: Any, name: str, min_rows: int, status: str, state: str
) -> None:
    """The verdict is the same and stands in history; the flow run completes, with a name that tells."""
    config = gate_config(tables / f"{name}.csv", tmp_path)
    config = config.model_copy(update={"checks": {"coverage": {"min_rows": min_rows}}})
    result = label_gate(config, advisory=True)
    ended = newest_flow_run().state
    assert (result.status, ended.type.value, ended.name) == (status, "COMPLETED", state)
    assert [row.status for row in read_history(tmp_path / "history.db")] == [status]


def test_an_advisory_gate_still_crashes(tmp_path: Path, gate_config: Any) -> None:
    """Without a verdict there is nothing to tell."""
    with pytest.raises(ValueError, match=r"nowhere\.csv"):
        label_gate(gate_config(tmp_path / "nowhere.csv", tmp_path), advisory=True)
    assert newest_flow_run().state.name == "Failed"


def test_a_crash_is_an_ordinary_failure(tmp_path: Path, gate_config: Any) -> None:
    """A missing file is no verdict."""
    with pytest.raises(ValueError, match=r"nowhere\.csv"):
        label_gate(gate_config(tmp_path / "nowhere.csv", tmp_path))
    assert newest_flow_run().state.name == "Failed"


def test_lineage_tools_see_a_run_that_begins_and_crashes(
    tables: Path, tmp_path: Path, gate_config: Any
) -> None:
    """One run, which failed for the reason that the flow's state tells."""
    raw = gate_config(tables / "clean.csv", tmp_path).model_dump(mode="json")
    told = tmp_path / "told.jsonl"
    raw["publish"] = [{"publisher": "openlineage", "path": str(told)}]
    raw["model"] = {"backend": "precomputed", "path": str(tmp_path / "nowhere.npy")}
    with pytest.raises(InputError, match="nowhere") as raised:
        label_gate(make_config(raw, "test"))
    start, end = map(json.loads, told.read_text().splitlines())
    assert (start["eventType"], end["eventType"]) == ("START", "FAIL")
    assert (start["run"]["runId"], start["job"]) == (end["run"]["runId"], end["job"])
    assert end["run"]["facets"]["errorMessage"]["message"].startswith(f"InputError: {raised.value}"[:60])


def test_the_gate_stops_the_flow_that_calls_it(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """A training flow with the gate as subflow never reaches its training."""
    from prefect import flow

    trained = []

    @flow(name="training")
    def training(config: GateConfig) -> None:
        label_gate(config)
        trained.append(True)

    with pytest.raises(GateFailed):
        training(gate_config(tables / "noisy.csv", tmp_path))
    assert trained == []
    assert newest_flow_run("training").state.type.value == "FAILED"


def flaky_registry(failures: list[BaseException], calls: list[int]) -> Registry:
    """Replace the table loader by one that fails a few times first."""
    real = load_plugins()
    table = real.find(DatasetLoader, "table")

    def load(options: Any) -> Dataset:
        calls.append(1)
        if failures:
            raise failures.pop(0)
        return table.load(options)

    flaky = DatasetLoader("table", "flaky", table.options, load, table.suffixes)
    kept = tuple(offer for offer in real.offers if offer.plugin is not table)
    return Registry((*kept, Offer("loader", flaky, "flaky-distribution", "1.0")))


def test_a_passing_network_error_is_retried_and_bad_data_are_not(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gate_config: Any
) -> None:
    """A broken connection heals; a value error does not, and names the plugin."""
    calls: list[int] = []
    registry = flaky_registry([ConnectionError("reset by peer")], calls)
    monkeypatch.setattr(cl_flows.plan, "load_plugins", lambda: registry)
    assert label_gate(gate_config(tables / "clean.csv", tmp_path)).status == "passed"
    assert len(calls) == 2

    calls.clear()
    registry = flaky_registry([ValueError("bad bytes")], calls)
    monkeypatch.setattr(cl_flows.plan, "load_plugins", lambda: registry)
    with pytest.raises(
        RuntimeError, match=r"'table' of distribution 'flaky-distribution' crashed.*bad bytes"
    ):
        label_gate(gate_config(tables / "clean.csv", tmp_path))
    assert len(calls) == 1


def test_both_engines_write_the_same_records(
    tables: Path, tmp_path: Path, gate_config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One pipeline, two ways to run it; OpenTelemetry sees the same spans of either."""
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    direct = run_direct(gate_config(tables / "clean.csv", tmp_path / "direct"))
    prefect = label_gate(gate_config(tables / "clean.csv", tmp_path / "prefect"))
    folders = [Path(direct.folder), Path(prefect.folder)]
    assert (folders[0] / "scored.parquet").read_bytes() == (folders[1] / "scored.parquet").read_bytes()
    assert sorted(p.name for p in folders[0].iterdir()) == sorted(p.name for p in folders[1].iterdir())
    reports = [json.loads((folder / "report.json").read_text()) for folder in folders]
    for report in reports:
        del report["run"], report["settings"]  # the run's name, its times and its folder
    assert reports[0] == reports[1]
    spans: dict[int, list[str]] = {}
    for one in kept.get_finished_spans():
        if one.context is not None and one.name.startswith("labelgate."):  # Prefect has some of its own
            spans.setdefault(one.context.trace_id, []).append(one.name)
    of_direct, of_prefect = spans.values()
    assert of_direct == of_prefect


def test_the_report_the_suspects_and_the_link_are_artifacts(
    tables: Path, tmp_path: Path, gate_config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People find the verdict in Prefect's own pages; where one cannot be left, the verdict stands."""
    from prefect.artifacts import Artifact

    result = label_gate(gate_config(tables / "clean.csv", tmp_path))
    found = [Artifact.get(f"labelgate-clean{end}") for end in ("", "-suspects", "-report")]
    verdict, table, link = (str(getattr(artifact, "data", "")) for artifact in found)
    assert "passed" in verdict.lower()
    assert 0 < len(json.loads(table)) <= 100
    assert f"{result.run_id}/report.html" in link

    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr("cl_flows.artifacts.create_table_artifact", refuse)
    assert label_gate(gate_config(tables / "clean.csv", tmp_path)).status == "passed"


def test_ids_of_rows_can_be_kept_off_prefects_pages(tables: Path, tmp_path: Path, gate_config: Any) -> None:
    """No table of suspects, and no id in the verdict: only its figures."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

    config = gate_config(tables / "noisy.csv", tmp_path)
    output = config.output.model_copy(update={"prefect_row_ids": False})
    with pytest.raises(GateFailed) as raised:
        label_gate(config.model_copy(update={"output": output}))
    ours = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[newest_flow_run().id]))
    with get_client(sync_client=True) as client:
        found = {
            str(artifact.key): str(artifact.data) for artifact in client.read_artifacts(artifact_filter=ours)
        }
    assert sorted(found) == ["labelgate-noisy", "labelgate-noisy-progress", "labelgate-noisy-report"]
    assert f"{raised.value.result.n_flagged} of 300" in found["labelgate-noisy"]
    assert not re.search(r"\bt\d+\b", found["labelgate-noisy"])


def test_the_flow_takes_the_path_of_a_gate_yaml(tables: Path, tmp_path: Path) -> None:
    """As the README shows it; relative paths start from the file's folder."""
    text = f"data: {{path: {tables / 'clean.csv'}, label: label, id: tree}}\n"
    (tmp_path / "gate.yaml").write_text(text + "gate: {max_noise_rate: 0.05, great_expectations: false}\n")
    result = label_gate(tmp_path / "gate.yaml")
    assert Path(result.folder).parent == tmp_path / "labelgate-runs"


def test_probabilities_of_either_engine_serve_the_other(
    tables: Path, tmp_path: Path, gate_config: Any
) -> None:
    """They are found by content, and the content is the same."""
    first = run_direct(gate_config(tables / "clean.csv", tmp_path))
    second = label_gate(gate_config(tables / "clean.csv", tmp_path))
    report = json.loads((Path(second.folder) / "report.json").read_text())
    assert any(f"probabilities of run {first.run_id} used again" in note for note in report["notes"])


def test_a_hanging_plugin_is_an_ordinary_failure_and_is_not_tried_again(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gate_config: Any
) -> None:
    """The flow ends although the plugin does not."""
    calls: list[int] = []
    registry = flaky_registry([], [])
    slow = registry.find(DatasetLoader, "table")
    ended = threading.Event()

    def load(options: Any) -> Dataset:
        calls.append(1)
        ended.wait(60)
        return slow.load(options)

    kept = tuple(offer for offer in registry.offers if offer.plugin is not slow)
    hanging = Offer("loader", replace(slow, load=load), "slow-distribution", "1.0")
    monkeypatch.setattr(cl_flows.plan, "load_plugins", lambda: Registry((*kept, hanging)))
    raw = gate_config(tables / "clean.csv", tmp_path).model_dump(mode="json")
    with pytest.raises(PluginError, match=r"'slow-distribution' did not answer within 1 seconds"):
        label_gate(make_config({**raw, "limits": {"load": 1}}, "test"))
    ended.set()
    assert newest_flow_run().state.name == "Failed"
    assert calls == [1]
