"""Which metrics there are, how many series they make, and what hostile names do to them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from cl_core.baseline import ClassFigures
from cl_plugins.metrics.exposition import exposition
from cl_plugins.metrics.gauges import MOST_CLASSES, gauges, safe_name
from cl_plugins.metrics.measures import Measures, Reported

REPORT = Reported(
    limit=0.05,
    n_rows=200,
    n_unlabelled=3,
    n_flagged=17,
    n_warnings=1,
    accuracy=0.9,
    seconds=2.5,
    waivers={"used": 1, "idle": 0, "expired": 2},
    checks={"noise-budget": "failed"},
    engine="direct",
    version="0.2",
)
RUN = Measures(
    dataset="trees",
    status="failed",
    rate=0.1,
    low=0.07,
    high=0.14,
    finished=1_800_000_000.5,
    method="auto",
    classes=(ClassFigures("ash", 150, 0.08, 0.05, 0.11), ClassFigures("birch", 50, 0.16, 0.1, 0.2)),
    report=REPORT,
)


def samples(*runs: Measures) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Read the text as Prometheus does; a series that is there twice is an error."""
    found: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for family in text_string_to_metric_families(exposition(gauges(runs)).decode("utf-8")):
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found
            found[key] = sample.value
    return found


def test_a_run_is_told_in_full() -> None:
    """Every figure of a small run, by hand."""
    found = samples(RUN)
    own = (("dataset", "trees"),)
    plain = {
        "noise_rate": 0.1,
        "noise_rate_low": 0.07,
        "noise_rate_high": 0.14,
        "noise_rate_limit": 0.05,
        "rows": 200,
        "rows_without_label": 3,
        "flagged_rows": 17,
        "classes": 2,
        "warnings": 1,
        "model_accuracy": 0.9,
        "run_duration_seconds": 2.5,
        "last_run_timestamp_seconds": 1_800_000_000.5,
    }
    assert {name: found[f"labelgate_{name}", own] for name in plain} == plain
    verdicts = {dict(key[1])["status"]: v for key, v in found.items() if key[0] == "labelgate_verdict"}
    assert verdicts == {"passed": 0, "failed": 1, "undecided": 0}
    assert found["labelgate_class_noise_rate", (("class", "birch"), *own)] == 0.16
    assert found["labelgate_class_rows", (("class", "ash"), *own)] == 150
    assert found["labelgate_waivers", (*own, ("state", "expired"))] == 2
    assert found["labelgate_check", (("check", "noise-budget"), *own, ("status", "failed"))] == 1


def test_what_nobody_knows_has_no_series() -> None:
    """No limit, no accuracy, a class without rows: absent, for 0 would be a lie."""
    unknown = replace(REPORT, limit=None, accuracy=None, n_warnings=None, n_unlabelled=None)
    found = samples(replace(RUN, report=unknown, classes=(ClassFigures("empty", 0),)))
    names = {name for name, _ in found}
    gone = {
        "noise_rate_limit",
        "model_accuracy",
        "warnings",
        "rows_without_label",
        "class_noise_rate",
        "classes",
    }
    assert not names & {f"labelgate_{name}" for name in gone}
    assert samples(replace(RUN, report=None))["labelgate_noise_rate", (("dataset", "trees"),)] == 0.1


def test_a_thousand_classes_make_twenty_series_and_one_for_the_others() -> None:
    """The worst are told by name; the others by their rate over all their rows."""
    classes = tuple(ClassFigures(f"c{i:04}", 10, i / 10_000, 0.0, 0.2) for i in range(1_000))
    found = samples(replace(RUN, classes=classes))
    told = {dict(labels)["class"] for name, labels in found if name == "labelgate_class_noise_rate"}
    assert told == {f"c{i:04}" for i in range(1_000 - MOST_CLASSES, 1_000)}
    own = (("dataset", "trees"),)
    assert found["labelgate_other_classes", own] == 980
    assert found["labelgate_other_classes_noise_rate", own] == pytest.approx(979 / 2 / 10_000)
    assert found["labelgate_classes", own] == 1_000
    assert len(found) < 120


def test_a_class_called_other_is_told_from_the_other_classes() -> None:
    """People do name classes `other`."""
    classes = (*(ClassFigures(f"c{i}", 10, 0.1, 0.0, 0.2) for i in range(30)), ClassFigures("other", 10, 0.5))
    found = samples(replace(RUN, classes=classes))
    assert found["labelgate_class_noise_rate", (("class", "other"), ("dataset", "trees"))] == 0.5
    assert found["labelgate_other_classes_noise_rate", (("dataset", "trees"),)] == pytest.approx(0.1)


HOSTILE = st.text(st.characters(codec=None, categories=None), max_size=300)


@given(names=st.lists(HOSTILE, unique=True, min_size=1, max_size=6))
def test_hostile_names_stay_apart_and_break_nothing(names: list[str]) -> None:
    """Quotes, line ends, surrogates, very long names: each data set and class keeps its own series."""
    classes = tuple(ClassFigures(name, 10, 0.1, 0.0, 0.2) for name in names)
    found = samples(*(replace(RUN, dataset=name, classes=classes) for name in names))
    assert sum(name == "labelgate_noise_rate" for name, _ in found) == len(names)
    assert sum(name == "labelgate_class_noise_rate" for name, _ in found) == len(names) ** 2
    assert all(len(value) <= 120 for _, labels in found for _, value in labels)


def test_ordinary_names_stay_as_they_are() -> None:
    """Unicode and quotes are fine in Prometheus."""
    for name in ("trees", 'say "ash"', "Bäume/2026 🌳", "back\\slash"):
        assert safe_name(name) == name
        assert ("labelgate_noise_rate", (("dataset", name),)) in samples(replace(RUN, dataset=name))
