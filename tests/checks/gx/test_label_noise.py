"""The expectation for people's own suites, run by the real Great Expectations."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from cl_checks.gx.suite_run import exception_in, run_suite
from cl_core import assess

pytestmark = pytest.mark.gx

COLUMNS = {"cat": "p_cat", "dog": "p_dog", "owl": "p_owl"}


@pytest.fixture(scope="module")
def gate() -> Any:
    """Return the expectation class; importing its module takes seconds."""
    from cl_checks.gx.label_noise import ExpectLabelNoiseRateToBeBelow

    return ExpectLabelNoiseRateToBeBelow


def run(table: pd.DataFrame, expectation: Any) -> dict[str, Any]:
    """Run one expectation and return its result."""
    (result,) = run_suite(table, [expectation], "run")
    return result


def test_it_passes_and_fails_on_the_rate_of_cl_core(gate: Any, table: pd.DataFrame) -> None:
    """The observed value is cl_core's estimate; the limit itself passes, less does not."""
    codes = table["animal"].map({"cat": 0, "dog": 1, "owl": 2}).to_numpy()
    ours = assess(codes, table[list(COLUMNS.values())].to_numpy())
    rate = ours.noise.rate
    assert 0.05 < rate < 0.15
    for limit, success in ((rate, True), (np.nextafter(rate, 0), False)):
        asked = gate(label_column="animal", probability_columns=COLUMNS, max_noise_rate=limit)
        result = run(table, asked)
        assert result["success"] is success
        assert result["result"]["observed_value"] == rate
        assert result["result"]["unexpected_count"] == ours.n_flagged


def test_it_lists_the_worst_rows_with_both_labels(gate: Any, table: pd.DataFrame) -> None:
    """A row names the given and the suggested label the right way round; rows come in the order of `rank`."""
    result = run(table, gate(label_column="animal", probability_columns=COLUMNS, max_noise_rate=0.05))[
        "result"
    ]
    first, row = result["partial_unexpected_list"][0], result["partial_unexpected_index_list"][0]
    assert first["given_label"] == table.loc[row, "animal"]
    assert first["suggested_label"] == max(COLUMNS, key=lambda name: table.loc[row, COLUMNS[name]])
    codes = pd.Categorical(table["animal"], categories=list(COLUMNS)).codes
    scored = assess(codes, table[list(COLUMNS.values())].to_numpy()).scored
    worst = table.index[scored[scored["is_label_issue"]].sort_values("rank").index]
    shown = result["partial_unexpected_index_list"]
    assert shown == worst[: len(shown)].tolist()


@pytest.mark.parametrize(
    "fault", ["no rows", "missing label", "unknown label", "nan", "sum", "label", "probability"]
)
def test_what_cannot_be_measured_does_not_pass(gate: Any, table: pd.DataFrame, fault: str) -> None:
    """Ten bad cells or no rows at all are an exception inside, never a success."""
    row = table.index[7]
    damaged = {
        "no rows": lambda: table.iloc[:0],
        "missing label": lambda: table.assign(animal=table["animal"].where(table.index != row)),
        "unknown label": lambda: table.replace({"animal": {"owl": "eagle"}}),
        "nan": lambda: table.assign(p_cat=table["p_cat"].where(table.index != row)),
        "sum": lambda: table.assign(p_cat=table["p_cat"] * 2),
        "label": lambda: table.drop(columns="animal"),
        "probability": lambda: table.drop(columns="p_owl"),
    }[fault]()
    result = run(damaged, gate(label_column="animal", probability_columns=COLUMNS, max_noise_rate=1.0))
    assert result["success"] is False
    assert exception_in(result)


def test_numbers_are_labels_too(gate: Any, table: pd.DataFrame) -> None:
    """Class 0 is named "0" in a suite, which is JSON."""
    table["animal"] = table["animal"].map({"cat": 0, "dog": 1, "owl": 2})
    columns = {"0": "p_cat", "1": "p_dog", "2": "p_owl"}
    assert (
        run(table, gate(label_column="animal", probability_columns=columns, max_noise_rate=0.2))["success"]
        is True
    )


@pytest.mark.parametrize("limit", [True, -0.1, 1.1, float("nan"), "", "five", None, {}, [0.05]])
def test_a_limit_that_is_no_share_is_refused(gate: Any, limit: Any) -> None:
    """Great Expectations itself would take an empty text for a parameter and true for 100 %."""
    with pytest.raises(ValueError, match="max_noise_rate"):
        gate(label_column="animal", probability_columns=COLUMNS, max_noise_rate=limit)


def test_the_limit_has_no_default_and_is_stored(gate: Any) -> None:
    """A stored suite must keep its limit when labelgate changes; so it is never left out."""
    with pytest.raises(ValueError, match="max_noise_rate"):
        gate(label_column="animal", probability_columns=COLUMNS)
    asked = gate(label_column="animal", probability_columns=COLUMNS, max_noise_rate=0.05)
    assert asked.configuration.to_json_dict()["kwargs"]["max_noise_rate"] == 0.05


@pytest.mark.parametrize("columns", [{}, {"cat": "p_cat"}, {"cat": "p_cat", "dog": "p_cat"}])
def test_each_class_has_its_own_column(gate: Any, columns: dict[str, str]) -> None:
    """One class is no classification, and one column cannot speak for two."""
    with pytest.raises(ValueError, match="two classes or more"):
        gate(label_column="animal", probability_columns=columns, max_noise_rate=0.05)


def test_a_rate_that_is_not_identified_is_not_below_the_limit(gate: Any, table: pd.DataFrame) -> None:
    """A model that guesses pins no rate down: even a limit of 100 % is not kept."""
    guesses = np.random.default_rng(1).dirichlet(np.ones(3), len(table))
    table[list(COLUMNS.values())] = guesses
    result = run(table, gate(label_column="animal", probability_columns=COLUMNS, max_noise_rate=1.0))
    assert exception_in(result) is None
    assert result["result"]["details"]["identified"] is False
    assert result["success"] is False


def test_two_limits_cost_one_computation(
    gate: Any, table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit that warns and one that blocks share the metric."""
    import cl_checks.gx.metrics as metrics_module

    calls = []
    metrics: Any = metrics_module  # mypy keeps to what a module exports
    measure = metrics.measure

    def counted(*arguments: Any, **named: Any) -> Any:
        calls.append(1)
        return measure(*arguments, **named)

    monkeypatch.setattr(metrics, "measure", counted)
    suite = [
        gate(label_column="animal", probability_columns=COLUMNS, max_noise_rate=limit)
        for limit in (0.01, 0.5)
    ]
    assert sorted(result["success"] for result in run_suite(table, suite, "run")) == [False, True]
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("wanted", "keys"), [("BOOLEAN_ONLY", 0), ("BASIC", 7), ("SUMMARY", 7), ("COMPLETE", 9)]
)
def test_every_result_format_is_served(gate: Any, table: pd.DataFrame, wanted: str, keys: int) -> None:
    """From a bare truth value to every disputed row; people choose with `result_format`."""
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("own").add_dataframe_asset("own")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": table})
    asked = gate(label_column="animal", probability_columns=COLUMNS, max_noise_rate={"$PARAMETER": "limit"})
    for limit, success in ((0.5, True), (0.01, False)):
        result = batch.validate(asked, result_format=wanted, expectation_parameters={"limit": limit})
        assert result.success is success
        assert len(result.result) == keys
