"""LN006 on rows whose columns are written by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cl_checks.slice_noise import SliceNoiseOptions, check_slice_noise
from cl_checks.slices import _cut
from cl_core import ConfigError, Context, Dataset, Evidence, Failed, InputError, Passed, Undecided

N = 200  # rows of the hand-made evidence: 120 and 80, the first 40 flagged


def with_source(evidence: Evidence, **columns: Any) -> Evidence:
    """Attach a table of these columns."""
    numbers = {name: i for i, name in enumerate(evidence.classes)}
    labels: Any = evidence.scored["given_label"].map(numbers)
    dataset = Dataset(
        name="hand",
        ids=evidence.scored["id"].to_numpy(),
        labels=labels.to_numpy(dtype=np.intp),
        classes=evidence.classes,
        features=None,
        modality="none",
        fingerprint="00",
        source=pd.DataFrame(columns, index=range(len(labels))),
    )
    return replace(evidence, context=Context(dataset))


@pytest.fixture
def spoiled(evidence: Callable[..., Evidence], noise: Callable[..., Any]) -> Evidence:
    """Spoil a fifth of the labels, all in the first 40 rows."""
    joint = np.array([[80, 40], [0, 80]]) / N
    return replace(evidence(wrong=40), noise=replace(noise(0.2, 0.18, 0.22), joint=joint))


def test_a_slice_with_most_of_the_wrong_labels_is_named(spoiled: Evidence) -> None:
    """Kim labelled the first 50 rows, 40 of them wrongly; others made no errors."""
    who = np.where(np.arange(N) < 50, "kim", "lee")
    outcome = check_slice_noise(with_source(spoiled, who=who), SliceNoiseOptions(columns="who"))
    assert isinstance(outcome, Failed)
    assert [breach.where for breach in outcome.breaches] == [(("who", "kim"),)]
    assert outcome.breaches[0].measured == pytest.approx(0.8)
    even = np.where(np.arange(N) % 2, "kim", "lee")
    assert isinstance(
        check_slice_noise(with_source(spoiled, who=even), SliceNoiseOptions(columns=("who",))), Passed
    )


def test_numbers_are_cut_into_quantiles_and_small_or_missing_parts_are_said(spoiled: Evidence) -> None:
    """200 different numbers make four slices of 50; rows without a value are a slice too small to judge."""
    size = np.arange(N, dtype=float)
    size[-20:] = np.nan
    outcome = check_slice_noise(
        with_source(spoiled, size=size), SliceNoiseOptions(columns=("size",), min_rows=30)
    )
    assert isinstance(outcome, Failed)
    assert "1 of 4 slices" in outcome.says
    assert "Not judged, with fewer than 30 rows: size '(missing)'." in outcome.says
    few = check_slice_noise(
        with_source(spoiled, year=np.repeat([1, 2], 100)), SliceNoiseOptions(columns=("year",))
    )
    assert [breach.where for breach in few.breaches] == [(("year", "1"),)]
    none = check_slice_noise(
        with_source(spoiled, size=size), SliceNoiseOptions(columns=("size",), min_rows=500)
    )
    assert isinstance(none, Undecided)


def test_what_cannot_be_cut_is_an_error_not_a_pass(spoiled: Evidence) -> None:
    """No table, a column that is not there, and a column that identifies rows."""
    with pytest.raises(InputError, match="cannot run"):
        check_slice_noise(spoiled, SliceNoiseOptions(columns=("who",)))
    with pytest.raises(ConfigError, match="no such column") as refused:
        check_slice_noise(with_source(spoiled, who=["a"] * N), SliceNoiseOptions(columns=("woh",)))
    assert "'who'" in refused.value.hint
    names = [f"n{i}" for i in range(N)]
    with pytest.raises(ConfigError, match="200 different values"):
        check_slice_noise(
            with_source(spoiled, who=names), SliceNoiseOptions(columns=("who",), max_values=100)
        )


def test_columns_of_any_kind_can_be_cut(spoiled: Evidence) -> None:
    """Truth values, categories, times and columns named by numbers."""
    flags = np.arange(N) < 40
    source = with_source(
        spoiled,
        flag=flags,
        kind=pd.Categorical(np.where(flags, "x", "y")),
        day=pd.date_range("2026-01-01", periods=N),
        **{"0": flags.astype(int)},
    )
    options = SliceNoiseOptions(columns=("flag", "kind", "day", "0"), min_rows=30)
    outcome = check_slice_noise(source, options)
    assert {breach.where[0][0] for breach in outcome.breaches} == {"flag", "kind", "day", "0"}


@pytest.mark.parametrize(
    ("values", "slices"),
    [
        ([*range(8)], {"0 to 1": 2, "2 to 3": 2, "4 to 5": 2, "6 to 7": 2}),
        ([0] * 20 + [*range(1, 5)], {"0 to 0": 20, "1 to 4": 4}),  # equal values stay together
        ([-np.inf, *range(6), np.inf], {"-inf to 0": 2, "1 to 2": 2, "3 to 4": 2, "5 to inf": 2}),
        (
            pd.array([1, 2, 3, 4, 5, None], dtype="Int64"),
            {"1 to 2": 2, "3 to 3": 1, "4 to 4": 1, "5 to 5": 1, "(missing)": 1},
        ),
        ([1.5] * 6, {"1.5": 6}),
        ([2024, 2025, np.nan], {"2024": 1, "2025": 1, "(missing)": 1}),
        ([np.nan] * 4, {"(missing)": 4}),
        (["a", None, "b", "a"], {"a": 2, "(missing)": 1, "b": 1}),
    ],
)
def test_cuts_by_hand(values: Any, slices: dict[str, int]) -> None:
    """Four groups by rank; infinities are the largest and smallest values, missing ones a group."""
    found = {part.value: len(part.rows) for part in _cut(pd.Series(values), "c", 4, 10, "x")}
    assert found == slices


def test_cells_that_hold_lists_are_refused() -> None:
    """Nobody can say which rows are alike."""
    with pytest.raises(ConfigError, match="lists or the like"):
        _cut(pd.Series([[1], [2]]), "c", 4, 10, "x")
