"""The report as JSON."""

import json
from collections.abc import Callable
from importlib.resources import files
from math import nan
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from cl_core import Dataset
from cl_flows.report import SCHEMA_VERSION, InjectedNoise, RunReport, report_json
from cl_flows.report.document import to_plain

SCHEMA = json.loads((files("cl_flows.report") / "schema.json").read_text(encoding="utf-8"))


def closed(schema: Any) -> Any:
    """Forbid, at every level, keys that the schema does not name."""
    if isinstance(schema, dict):
        tight = {key: closed(value) for key, value in schema.items()}
        return {"additionalProperties": False} | tight if "properties" in schema else tight
    return [closed(item) for item in schema] if isinstance(schema, list) else schema


def check(document: dict[str, Any]) -> None:
    """Check that the document is strict JSON, by the schema, with no key that the schema does not name."""
    again = json.loads(json.dumps(document, allow_nan=False))
    assert again == document
    jsonschema.Draft202012Validator(closed(SCHEMA)).validate(document)


def test_the_schema_is_one() -> None:
    """The published schema is valid and speaks of the version that is written."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["schema_version"] == {"const": SCHEMA_VERSION}
    assert set(SCHEMA["required"]) == set(SCHEMA["properties"])


def test_a_report_keeps_to_its_schema(report: Callable[..., RunReport]) -> None:
    """Nine of sixty labels are wrong and all nine are flagged."""
    document = report_json(report(found=InjectedNoise(9, 9, 1.0, 1.0)))
    check(document)
    assert document["verdict"]["status"] == "failed"
    assert document["noise"]["rate"] == pytest.approx(0.15)
    assert (document["flagged"], document["noise"]["limit"]) == (9, 0.05)
    assert document["injected"] == {"flipped": 9, "found": 9, "precision": 1.0, "recall": 1.0}
    assert document["run"]["started"] == "2026-11-23T21:00:00Z"
    assert document["next_steps"] == ["Correct the labels."]
    assert document["suspects"][0]["id"] == 56


def test_a_class_without_rows_is_null_not_nan(
    report: Callable[..., RunReport], dataset: Callable[..., Dataset]
) -> None:
    """Strict JSON knows no NaN: the threshold of a class that labels no row is null."""
    data = dataset(n=60)
    probs = np.hstack([np.asarray(data.pred_probs) * 0.99, np.full((60, 1), 0.01)])
    document = report_json(
        report(dataset(classes=("ash", "birch", "cedar", "yew"), labels=data.labels, pred_probs=probs))
    )
    check(document)
    assert document["classes"]["rows"][3]["threshold"] is None
    assert document["classes"]["rows"][3]["noise_rate"] is None


def test_nothing_found_and_nothing_flipped_is_null(report: Callable[..., RunReport]) -> None:
    """A precision of no rows does not exist."""
    document = report_json(report(found=InjectedNoise(0, 0, nan, nan)))
    check(document)
    assert document["injected"] == {"flipped": 0, "found": 0, "precision": None, "recall": None}


def test_pictures_stay_out(report: Callable[..., RunReport], dataset: Callable[..., Dataset]) -> None:
    """The JSON names the rows; the page shows them."""
    document = report_json(report(dataset(features=np.ones((60, 8, 8)), modality="image")))
    check(document)
    assert {s["excerpt"] for s in document["suspects"]} == {None}


def test_long_tables_are_cut_and_say_so(
    report: Callable[..., RunReport], dataset: Callable[..., Dataset]
) -> None:
    """Of 1,200 classes the first 1,000 are listed, and the total is told."""
    document = report_json(report(dataset(classes=tuple(map(str, range(1200))), n=2400)))
    check(document)
    assert (document["classes"]["total"], len(document["classes"]["rows"])) == (1200, 1000)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.array([True])[0], True),
        (np.array([1.0, nan]), [1.0, None]),
        (float("inf"), None),
        (Path("a/b"), "a/b"),
        ({1: ("x", None)}, {"1": ["x", None]}),
        ({"b", "a"}, ["a", "b"]),
        ("half \ud800 pair", "half \ufffd pair"),
    ],
)
def test_everything_becomes_plain(value: Any, plain: Any) -> None:
    """NumPy's types, paths, sets and what UTF-8 cannot write have a plain form."""
    assert to_plain(value) == plain
    json.dumps(to_plain(value), allow_nan=False).encode()
