"""The real Great Expectations over hand-made scored tables: what is bad must not get through."""

import gc
import json
import math
import socket
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cl_checks import ValidationRequest, judge, reconcile, request_for, validate_request, validate_scored
from cl_checks.builtin import labelgate_checks
from cl_checks.gx.suite_run import run_suite
from cl_core import Failed, GateError, Judgement, Passed, Undecided, assess

pytestmark = pytest.mark.gx

MakeTable = Callable[..., pd.DataFrame]


def validate(table: pd.DataFrame, rate: float = 0.04, limit: float = 0.05, **other: Any) -> dict[str, Any]:
    """Validate 200 hand-made rows, or what a test made of them."""
    asked: dict[str, Any] = {"min_rows": 50, "run_name": "run", "n_rows": 200} | other
    return validate_scored(table, noise_rate=rate, max_noise_rate=limit, **asked)


def failed(document: dict[str, Any]) -> set[str]:
    """Name the expectations that were not met."""
    return {answer["key"] for answer in document["expectations"] if not answer["success"]}


def conclude(document: dict[str, Any], rate: float = 0.04, limit: float = 0.05) -> Judgement:
    """Hold the answer against an LN001 that compared the same numbers."""
    outcome = Passed if rate <= limit else Failed
    verdict = outcome("LN001", "noise-budget", "by hand", rate, limit)
    return reconcile(Judgement(verdict, (verdict,)), document)


def test_a_sound_table_is_answered_in_plain_json(scored: MakeTable) -> None:
    """Every expectation is met, the document survives strict JSON, and the verdict stands."""
    document = validate(scored())
    assert failed(document) == set()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["run_name"] == "run"
    assert "success" not in document  # nobody can mistake it for a verdict
    noise = document["expectations"][0]
    assert (noise["key"], noise["observed"], noise["limits"]["max_value"]) == ("noise_rate", 0.04, 0.05)
    assert isinstance(conclude(document).verdict, Passed)


@pytest.mark.parametrize(
    ("rate", "limit", "met"),
    [
        (0.05, 0.05, True),
        (math.nextafter(0.05, 1), 0.05, False),
        (0.0, 0.0, True),
        (1e-9, 0.0, False),
        (1.0, 1.0, True),
    ],
)
def test_the_limit_is_compared_as_we_compare_it(
    scored: MakeTable, rate: float, limit: float, *, met: bool
) -> None:
    """Equal passes, the next number up does not, and a limit of zero is a limit."""
    document = validate(scored(), rate, limit)
    assert failed(document) == (set() if met else {"noise_rate"})
    assert isinstance(conclude(document, rate, limit).verdict, Passed if met else Failed)


def damage(table: pd.DataFrame, column: str, row: int, value: Any) -> pd.DataFrame:
    """Return a copy with one cell exchanged."""
    copy = table.astype({column: object})
    copy.loc[row, column] = value
    return copy


@pytest.mark.parametrize(
    ("column", "row", "value", "found"),
    [
        ("id", 5, 6, "id_unique"),
        ("id", 5, None, "id_known"),
        ("given_label", 5, None, "given_label_known"),
        ("suggested_label", 5, None, "suggested_label_known"),
        ("suggested_label", 150, "class-0", "unflagged_keep_their_label"),
        ("is_label_issue", 5, None, "flag_known"),
        ("is_label_issue", 5, False, "unflagged_keep_their_label"),
        ("label_quality", 5, math.nan, "quality_known"),
        ("label_quality", 5, None, "quality_known"),
        ("label_quality", 5, 1.01, "quality_in_range"),
        ("label_quality", 5, -0.01, "quality_in_range"),
        ("label_quality", 5, math.inf, "quality_in_range"),
    ],
)
def test_one_bad_cell_is_found(scored: MakeTable, column: str, row: int, value: Any, found: str) -> None:
    """A single damaged cell out of 200 rows takes the verdict away."""
    document = validate(damage(scored(), column, row, value))
    assert found in failed(document)
    with pytest.raises(GateError):
        conclude(document)


def test_nothing_is_true_of_no_rows(scored: MakeTable) -> None:
    """On an empty table most expectations are vacuously true; the row count is not, whatever is asked."""
    document = validate(scored().iloc[:0], min_rows=0, n_rows=None)
    assert {"enough_rows", "noise_rate"} <= failed(document)
    with pytest.raises(GateError):
        conclude(document)


@pytest.mark.parametrize(
    "column", ["id", "given_label", "suggested_label", "label_quality", "is_label_issue"]
)
def test_nothing_is_true_of_an_empty_column(scored: MakeTable, column: str) -> None:
    """Ranges and pairs ignore missing values, so that an all-missing column would meet them."""
    document = validate(scored().astype({column: object}).assign(**{column: None}))
    assert any(key.endswith("_known") for key in failed(document))
    with pytest.raises(GateError):
        conclude(document)


def test_a_cut_off_table_is_found(scored: MakeTable) -> None:
    """199 of 200 judged rows are still many, but not the rows that were judged."""
    document = validate(scored().iloc[:-1])
    assert failed(document) == {"all_rows"}
    with pytest.raises(GateError, match="every judged row"):
        conclude(document)


def test_an_error_inside_is_not_a_failed_gate(scored: MakeTable) -> None:
    """A column of the wrong type makes Great Expectations crash; it reports that as an unmet expectation."""
    document = validate(scored().assign(label_quality="high"), rate=0.06)
    crashed = [answer["key"] for answer in document["expectations"] if answer["exception"]]
    assert crashed == ["quality_in_range"]
    with pytest.raises(GateError, match="crashed in quality_in_range"):
        conclude(document, rate=0.06)


def test_a_suite_without_expectations_is_not_a_pass(scored: MakeTable) -> None:
    """Great Expectations calls an empty suite a success; we get no answers, and say so."""
    document = validate(scored())
    document["expectations"] = run_suite(scored(), [], "run")
    assert document["expectations"] == []
    with pytest.raises(GateError, match="checked nothing"):
        conclude(document)


@pytest.mark.parametrize("column", ["id", "given_label", "label_quality"])
def test_a_missing_column_is_refused_before(scored: MakeTable, column: str) -> None:
    """The error names the column and those that are there."""
    with pytest.raises(GateError, match=f"no column {column}"):
        validate(scored().drop(columns=column))


@pytest.mark.parametrize("share", [math.nan, -0.1, 1.1, math.inf, True])
def test_numbers_that_are_no_share_are_refused(scored: MakeTable, share: float) -> None:
    """NaN is neither over nor under a limit, so it is not even asked about."""
    with pytest.raises(GateError, match="wanted a share"):
        validate(scored(), rate=share)
    with pytest.raises(GateError, match="wanted a share"):
        validate(scored(), limit=share)


@pytest.mark.parametrize("kind", ["str", "object", "category", "int", "strings as ids", "shuffled index"])
def test_every_kind_of_table_is_read(scored: MakeTable, kind: str) -> None:
    """Labels as text, objects, categories or numbers, any ids, any index."""
    table = scored()
    dtype: Any = "int64" if kind == "int" else kind
    if kind == "strings as ids":
        table["id"] = [f"row {i}" for i in range(200)]
    elif kind == "shuffled index":
        table.index = pd.Index(np.arange(200)[::-1] // 2)
    else:
        for column in ("given_label", "suggested_label"):
            names = table[column].str.removeprefix("class-") if kind == "int" else table[column]
            table[column] = names.astype(dtype)
    assert failed(validate(table)) == set()


def test_what_assess_returns_is_sound() -> None:
    """The scored table of cl_core meets every expectation, flagged rows included."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 300)
    probs = rng.dirichlet(np.ones(3), 300) * 0.4 + 0.6 * np.eye(3)[labels]
    labels[:20] = (labels[:20] + 1) % 3
    found = assess(labels, probs, classes=["a", "b", "c"])
    assert found.n_flagged > 0
    assert failed(validate(found.scored, n_rows=300)) == set()


@pytest.mark.parametrize("limit", [0.05, 0.3])
@pytest.mark.parametrize("decide_on", ["estimate", "confident"])
def test_the_whole_gate_agrees_with_great_expectations(tmp_path: Path, limit: float, decide_on: str) -> None:
    """From arrays to a verdict on record: 20 flipped of 300, twice over and twice within the limit."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, 3, 300)
    probs = rng.dirichlet(np.ones(3), 300) * 0.2 + 0.8 * np.eye(3)[true]
    given = np.where(np.arange(300) < 20, (true + 1) % 3, true)
    found = assess(given, probs)
    found.scored.to_parquet(tmp_path / "scored.parquet")
    budget, quality, coverage, *_ = labelgate_checks()
    judgement = judge(
        found,
        [
            (budget, budget.options(max_noise_rate=limit, decide_on=decide_on)),
            (quality, quality.options()),
            (coverage, coverage.options()),
        ],
    )
    request = request_for(judgement, scored=tmp_path / "scored.parquet", n_rows=300, run_name="run")
    verdict = reconcile(judgement, validate_request(request)).verdict
    # 6.7 % with an interval of 4.4 to 10.1 %: over 5 % as an estimate, across it as an interval.
    over = Failed if decide_on == "estimate" else Undecided
    assert type(verdict) is (Passed if limit == 0.3 else over)


def test_threads_get_their_own_answers(scored: MakeTable) -> None:
    """Runs in eight threads at once, half of them bad, never get another run's answer."""
    good, bad = scored(), damage(scored(), "label_quality", 5, 1.5)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # a hundred times more often than usual: mix-ups that can happen, happen
    try:
        with ThreadPoolExecutor(8) as pool:
            rates = [0.01 + 0.003 * i for i in range(24)]
            tables = [(bad if i % 2 else good) for i in range(24)]
            documents = list(pool.map(validate, tables, rates))
    finally:
        sys.setswitchinterval(interval)
    for i, document in enumerate(documents):
        expected = {"noise_rate"} if rates[i] > 0.05 else set()
        assert failed(document) == expected | ({"quality_in_range"} if i % 2 else set())
        assert document["expectations"][0]["observed"] == rates[i]


def test_a_persons_own_context_stays_in_place(scored: MakeTable) -> None:
    """Somebody who works with Great Expectations keeps the context they had, without our suite in it."""
    import great_expectations as gx
    from great_expectations.data_context.data_context.context_factory import (
        project_manager,
    )

    own = gx.get_context(mode="ephemeral")
    validate(scored())
    assert project_manager.get_current_project() is own
    assert list(own.suites.all()) == []


def test_no_run_is_kept_in_memory(scored: MakeTable) -> None:
    """A worker that runs for weeks does not collect the tables it validated."""
    for _ in range(3):
        validate(scored())
    gc.collect()
    kept = [thing for thing in gc.get_objects() if type(thing) is pd.DataFrame]
    assert [table for table in kept if "est_noise_rate" in table.columns] == []


def test_nothing_goes_over_the_network(scored: MakeTable, monkeypatch: pytest.MonkeyPatch) -> None:
    """No telemetry, no look-ups: a run does not open a connection."""

    def refuse(*_: Any) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert failed(validate(scored())) == set()


def test_a_run_is_quiet(scored: MakeTable, capfd: pytest.CaptureFixture[str]) -> None:
    """No progress bar, no print: stdout belongs to the report."""
    validate(scored())
    assert capfd.readouterr() == ("", "")


def test_a_request_reads_the_table_from_its_file(scored: MakeTable, tmp_path: Path) -> None:
    """A Parquet file gives the same answers; one that is not there is an error that says so."""
    path = tmp_path / "scored.parquet"
    scored().to_parquet(path)
    request = ValidationRequest(str(path), 0.04, 0.05, 50, 200, "run")
    assert validate_request(request) | {"time": ""} == validate(scored()) | {"time": ""}
    path.unlink()
    with pytest.raises(GateError, match="is not there"):
        validate_request(request)
