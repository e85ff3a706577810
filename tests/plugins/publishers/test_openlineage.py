"""Lineage events: made of OpenLineage's own records, valid by our schema, sent or kept in a file."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator
from openlineage.client import event_v2
from openlineage.client.facet_v2 import (
    data_quality_assertions_dataset,
    data_quality_metrics_input_dataset,
    error_message_run,
)
from openlineage.client.serde import Serde
from pydantic import ValidationError

from cl_core import (
    ConfigError,
    FinishedRun,
    Judgement,
    Passed,
    PluginError,
    Publisher,
    Ruling,
    Undecided,
    UnfinishedRun,
)
from cl_core.plugins import load_plugins
from cl_core.testing import check_publisher
from cl_plugins.publishers.by_openlineage import publish_openlineage, tell_openlineage
from cl_plugins.publishers.lineage.events import event_of, events_of
from cl_plugins.publishers.lineage.facet import NAME
from cl_plugins.publishers.lineage.identity import dataset_name
from cl_plugins.publishers.metrics_options import OpenLineageOptions

Make = Callable[..., FinishedRun]
KEY = "k3y-that-nobody-may-see"
PARENT = "01a21f3f-04aa-7dc8-b5b7-42e4ab9e0261"


@pytest.fixture
def run(finished: Make, tmp_path: Path) -> FinishedRun:
    """Make a failed run with a report that says where its rows came from."""
    report = {
        "run": {"seconds": 90.5, "engine": "direct", "labelgate": "0.1.0"},
        "data": {"rows": 1_000, "rows_without_label": 7, "fingerprint": "f" * 64},
        "settings": {"base": "/srv/gates", "data": {"path": "trees.csv", "label": "kind"}},
        "policy": {"waivers": [], "warnings": []},
        "noise": {"limit": 0.05},
        "model": {"accuracy": 0.9},
        "flagged": 79,
        "checks": [],
    }
    (tmp_path / "report.json").write_text(json.dumps(report), encoding="utf-8")
    return finished()


def events(run: FinishedRun, **options: Any) -> list[dict[str, Any]]:
    """Return the events, which must be JSON."""
    found = events_of(run, OpenLineageOptions.model_validate({"path": "x", **options}))
    return [json.loads(json.dumps(event, allow_nan=False)) for event in found]


def test_the_publisher_keeps_the_contract(receiver: Any) -> None:
    """Also for a run whose report nobody wrote."""
    publisher = load_plugins().find(Publisher, "openlineage")
    check_publisher(publisher, {"url": receiver.url})
    assert publisher.extra == "labelgate[openlineage]"
    told = [one.json["eventType"] for one in receiver.received]
    assert told == ["START", "FAIL", "START", "COMPLETE"]


def test_a_failed_gate_is_a_failed_run_on_its_data_set(run: FinishedRun) -> None:
    """Named as other tools name the file, with when it began and ended, and why it failed."""
    start, end = events(run)
    assert (start["eventType"], end["eventType"]) == ("START", "FAIL")
    assert start["run"]["runId"] == end["run"]["runId"] == events(run)[0]["run"]["runId"]
    assert start["job"] == end["job"]
    assert (end["job"]["namespace"], end["job"]["name"]) == ("labelgate", "label_gate.trees")
    began, ended = (datetime.fromisoformat(one["eventTime"]) for one in (start, end))
    assert (ended - began).total_seconds() >= 90
    assert end["run"]["facets"]["errorMessage"]["message"] == run.judgement.verdict.says
    (data,) = end["inputs"]
    assert (data["namespace"], data["name"]) == ("file", "/srv/gates/trees.csv")
    assert data["facets"]["version"]["datasetVersion"] == "f" * 64
    assert data["inputFacets"]["dataQualityMetrics"]["rowCount"] == 1_007
    column = data["inputFacets"]["dataQualityMetrics"]["columnMetrics"]["kind"]
    assert (column["count"], column["nullCount"]) == (1_000, 7)
    (budget,) = data["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert (budget["assertion"], budget["success"], budget["column"]) == ("noise-budget", False, "kind")
    assert (budget["expected"], budget["actual"], budget["severity"]) == ("0.05", "0.081", "error")
    assert (data["inputFacets"][NAME]["noiseRate"], data["inputFacets"][NAME]["flaggedRows"]) == (0.081, 79)


@pytest.fixture
def unfinished(run: FinishedRun) -> UnfinishedRun:
    """Make the same run as it was while it went on."""
    return UnfinishedRun(
        run.run_id,
        run.dataset,
        started_at="2026-01-05T06:00:00.123+00:00",
        told_at="2026-01-05T06:01:00.500+00:00",
        version=run.version,
        data={"path": "trees.csv", "label": "kind"},
        base="/srv/gates",
    )


def test_a_run_that_goes_on_is_the_run_that_ends(run: FinishedRun, unfinished: UnfinishedRun) -> None:
    """The first START is the one that comes with the verdict, word for word; a crash ends that run."""
    options = OpenLineageOptions(path=Path("x"))
    begun = event_of(unfinished, options)
    start, end = events(replace(run, started_at=unfinished.started_at))
    assert begun == start
    died = event_of(replace(unfinished, problem="PluginError: the model crashed"), options)
    assert (died["eventType"], died["eventTime"]) == ("FAIL", unfinished.told_at)
    assert died["run"]["runId"] == end["run"]["runId"]
    assert (died["job"], died["inputs"][0]["name"]) == (end["job"], end["inputs"][0]["name"])
    assert died["run"]["facets"]["errorMessage"]["message"] == "PluginError: the model crashed"


def test_a_service_that_is_away_is_asked_once_while_a_gate_waits(
    receiver: Any, unfinished: UnfinishedRun
) -> None:
    """However often people let it try after the verdict."""
    receiver.orders = [503, 503]
    with pytest.raises(PluginError, match="after 1 tries"):
        tell_openlineage(unfinished, OpenLineageOptions.model_validate({"url": receiver.url, "retries": 9}))
    assert len(receiver.received) == 1


def test_openlineages_own_records_take_every_event_back(run: FinishedRun, unfinished: UnfinishedRun) -> None:
    """Their checks of times, ids and required keys run once more on what was sent."""
    parent = f"airflow://prod/nightly/{PARENT}"
    options = OpenLineageOptions(path=Path("x"), parent=parent)
    alone = (event_of(one, options) for one in (unfinished, replace(unfinished, problem="no memory")))
    for told in (*alone, *events(run, parent=parent)):
        told.pop("schemaURL")
        inputs = told.pop("inputs")
        named, job = told.pop("run"), told.pop("job")
        event = event_v2.RunEvent(
            **{**told, "eventType": event_v2.RunState(told["eventType"])},
            run=event_v2.Run(**named),
            job=event_v2.Job(**job),
            inputs=[event_v2.InputDataset(**one) for one in inputs],
        )
        back = json.loads(Serde.to_json(event))
        assert back["inputs"] == inputs
        assert UUID(back["run"]["runId"]).version == 7
        assert named["facets"]["parent"]["job"]["namespace"] == "airflow://prod"
    facets = inputs[0]["inputFacets"]
    for kind, name in (
        (data_quality_metrics_input_dataset.DataQualityMetricsInputDatasetFacet, "dataQualityMetrics"),
        (data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet, "dataQualityAssertions"),
    ):
        again = kind(**_public(facets[name]))
        assert again._schemaURL == facets[name]["_schemaURL"]
    data_quality_assertions_dataset.Assertion(**facets["dataQualityAssertions"]["assertions"][0])
    error_message_run.ErrorMessageRunFacet(**_public(named["facets"]["errorMessage"]))


def _public(facet: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in facet.items() if not key.startswith("_")}


def test_our_facet_is_valid_by_its_schema(run: FinishedRun, harmful: FinishedRun) -> None:
    """The schema lies where the facet says, and refuses what is no facet."""
    text = files("cl_plugins.publishers.lineage").joinpath("LabelNoiseInputDatasetFacet.json")
    schema = json.loads(text.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for one in (run, harmful, replace(run, limit=None, report="runs/report.html")):
        facet = events(one)[1]["inputs"][0]["inputFacets"][NAME]
        assert not list(validator.iter_errors({NAME: facet}))
        assert set(facet) <= set(schema["$defs"]["LabelNoiseInputDatasetFacet"]["properties"])
        assert facet["_schemaURL"].partition("#")[0] == schema["$id"]
        assert list(validator.iter_errors({NAME: {**facet, "noiseRate": 1.5}}))
        facet.pop("verdict")
        assert list(validator.iter_errors({NAME: facet}))


def test_only_a_pass_completes(finished: Make) -> None:
    """An undecided gate fails, and its assertion does not hold; a waived objection only warns."""
    undecided = Undecided("LN001", "noise-budget", "too few rows", 0.081, 0.05, "check rows")
    _, end = events(finished(judgement=Judgement(undecided, (undecided,))))
    assert (end["eventType"], _budget(end)["success"]) == ("FAIL", False)
    passed = Passed("LN000", "policy", "waived", 0.081, 0.05)
    over = finished().judgement.verdict
    waived = Judgement(passed, (over,), rulings=(Ruling("fail", "waived"),))
    _, end = events(finished(judgement=waived))
    assert (end["eventType"], "errorMessage" in end["run"]["facets"]) == ("COMPLETE", False)
    assert (_budget(end)["success"], _budget(end)["severity"]) == (False, "warn")


def _budget(event: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = event["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"][0]
    return found


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("trees.csv", ("file", "/srv/gates/trees.csv")),
        ("../trees.csv", ("file", "/srv/trees.csv")),
        ("/data/trees.csv", ("file", "/data/trees.csv")),
        ("file:///data/trees.csv", ("file", "/data/trees.csv")),
        ("s3://bucket/a/trees.parquet", ("s3://bucket", "a/trees.parquet")),
        ("s3a://me:geheim@bucket/a", ("s3://bucket", "a")),
        ("gs://bucket/a", ("gs://bucket", "a")),
        ("abfss://box@host/a", ("abfss://box@host", "a")),
        ("abfss://me:geheim@host/a", ("", "")),
        ("https://me:geheim@host/a.csv?sig=geheim", ("", "")),
        ("${BUCKET}/a.csv", ("", "")),
        (None, ("", "")),
    ],
)
def test_data_are_named_as_other_tools_name_them(path: str | None, named: tuple[str, str]) -> None:
    """By OpenLineage's rules, and without whoever may read them."""
    assert dataset_name(path, "/srv/gates") == named


def test_people_may_name_job_and_data_themselves(run: FinishedRun) -> None:
    """So that the gate hangs on the node that a warehouse's own events made."""
    names = {"dataset_namespace": "postgres://db:5432", "dataset_name": "shop.public.trees"}
    _, end = events(run, namespace="ml", job="nightly", **names)
    assert (end["job"]["namespace"], end["job"]["name"]) == ("ml", "nightly")
    assert (end["inputs"][0]["namespace"], end["inputs"][0]["name"]) == tuple(names.values())


def test_events_are_sent_in_order_with_the_key(receiver: Any, run: FinishedRun) -> None:
    """To the path of the service; a refusal of the first keeps the second, and no key is told."""
    options = OpenLineageOptions.model_validate({"url": receiver.url, "api_key": KEY, "retries": 0})
    publish_openlineage(run, options)
    assert [one.json["eventType"] for one in receiver.received] == ["START", "FAIL"]
    assert {one.path for one in receiver.received} == {"/services/s3cr3t-path/api/v1/lineage"}
    assert {one.headers["Authorization"] for one in receiver.received} == {f"Bearer {KEY}"}
    receiver.orders, receiver.answer = [403], f"not {KEY}".encode()
    with pytest.raises(ConfigError, match="refused the lineage event with status 403") as caught:
        publish_openlineage(run, options)
    assert KEY not in str(caught.value)
    assert "s3cr3t" not in str(caught.value)
    assert len(receiver.received) == 3


def test_events_may_be_kept_in_a_file(run: FinishedRun, tmp_path: Path) -> None:
    """One JSON a line, appended; a place that is none is told."""
    options = OpenLineageOptions.model_validate({"path": tmp_path / "new" / "lineage.jsonl"})
    publish_openlineage(run, options)
    publish_openlineage(run, options)
    lines = (tmp_path / "new" / "lineage.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(one)["eventType"] for one in lines] == ["START", "FAIL"] * 2
    with pytest.raises(ConfigError, match="could not be appended"):
        publish_openlineage(run, OpenLineageOptions.model_validate({"path": tmp_path}))


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ({}, "one of `url` and `path`"),
        ({"url": "http://host", "path": "x"}, "one of `url` and `path`"),
        ({"url": "marquez:5000"}, "starts with https:// or http://"),
        ({"path": "x", "dataset_name": "x"}, "go together"),
        ({"path": "x", "parent": "a/b"}, "NAMESPACE/JOB/UUID"),
        ({"path": "x", "parent": PARENT}, "NAMESPACE/JOB/UUID"),
        ({"url": "http://host", "api_key": KEY, "headers": {"authorization": KEY}}, "one of `api_key`"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(written: dict[str, Any], says: str) -> None:
    """Before any data are read."""
    with pytest.raises(ValidationError, match=says) as caught:
        OpenLineageOptions.model_validate(written)
    assert KEY not in str(caught.value)
