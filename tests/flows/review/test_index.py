"""The index of a run: what it finds is what the scored table says."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cl_flows.config import make_config
from cl_flows.direct import run_direct
from cl_flows.kept import KeptRun, open_kept
from cl_flows.review.filter import RowFilter
from cl_flows.review.index import RunIndex
from trees import tree_gate


@pytest.fixture(scope="module")
def kept(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> KeptRun:
    """Make a finished run on 300 rows, a fifth of their labels wrong."""
    output = tmp_path_factory.mktemp("index")
    run_direct(make_config(tree_gate(tables / "noisy.csv", output), "test"))
    return open_kept(output, "last")


@pytest.fixture(scope="module")
def index(kept: KeptRun) -> RunIndex:
    return RunIndex(kept)


@pytest.fixture(scope="module")
def scored(kept: KeptRun, tables: Path) -> pd.DataFrame:
    """Read the scored table beside the source, in the order of the data."""
    found = pd.read_parquet(kept.folder / "scored.parquet")
    return found.join(pd.read_csv(tables / "noisy.csv")[["bark", "height"]])


FILTERS = st.builds(
    RowFilter,
    given=st.sampled_from(["", "ash", "birch", "oak"]),
    suggested=st.sampled_from(["", "", "cedar"]),
    label=st.sampled_from(["", "", "ash"]),
    flagged=st.sampled_from([None, True, False]),
    quality_below=st.none() | st.floats(0, 1),
    quality_from=st.none() | st.floats(0, 1),
    column=st.sampled_from(["", "bark", "no such column"]),
    value=st.sampled_from(["rough", "smooth", "furry"]),
    search=st.sampled_from(["", "t1", "T1", "rOUGh", "t299", "t2999"]),
)


@given(wanted=FILTERS)
def test_a_filter_finds_what_a_table_filter_finds(
    index: RunIndex, scored: pd.DataFrame, wanted: RowFilter
) -> None:
    """For any filter: the same rows as pandas', worst first."""
    rows = scored
    rows = rows[rows["given_label"] == wanted.given] if wanted.given else rows
    rows = rows[rows["suggested_label"] == wanted.suggested] if wanted.suggested else rows
    if wanted.label:
        rows = rows[(rows["given_label"] == wanted.label) | (rows["suggested_label"] == wanted.label)]
    rows = rows if wanted.flagged is None else rows[rows["is_label_issue"] == wanted.flagged]
    rows = rows if wanted.quality_below is None else rows[rows["label_quality"] < wanted.quality_below]
    rows = rows if wanted.quality_from is None else rows[rows["label_quality"] >= wanted.quality_from]
    if wanted.column:
        rows = rows[rows["bark"] == wanted.value] if wanted.column == "bark" else rows[:0]
    if wanted.search:
        low = wanted.search.lower()
        in_cells = rows["id"].str.contains(low) | rows["bark"].str.contains(low)
        rows = rows[
            in_cells | rows["id"].str.startswith(wanted.search) | rows["given_label"].str.contains(low)
        ]
    expected = rows.sort_values("rank").index.to_numpy()
    np.testing.assert_array_equal(index.find(wanted), expected)


def test_a_row_tells_all_of_itself(index: RunIndex, scored: pd.DataFrame) -> None:
    """Id, labels, quality, reason, and the probabilities of the top classes with the given one's."""
    worst = index.row(int(index.find(RowFilter())[0]))
    row = scored[scored["rank"] == 1].iloc[0]
    assert (worst.id, worst.given, worst.suggested) == (row["id"], row["given_label"], row["suggested_label"])
    assert (worst.rank, worst.flagged, worst.reason) == (1, True, row["reasons"])
    assert worst.probabilities[0][0] == worst.suggested
    assert dict(worst.probabilities)[worst.given] == pytest.approx(worst.quality)
    assert sum(p for _, p in worst.probabilities) == pytest.approx(1)
    assert index.position_of(worst.id) == worst.position
    with pytest.raises(Exception, match="no row has the id 'oak'"):
        index.position_of("oak")
    with pytest.raises(Exception, match="there is no row 300"):
        index.row(300)


def test_figures_agree_with_the_report(index: RunIndex, kept: KeptRun) -> None:
    """Pairs, classes, heat map and histogram count the same rows as the report."""
    pairs = {(p.given, p.suggested): p.rows for p in index.pairs(100)}
    told: list[dict[str, Any]] = kept.report["pairs"]["rows"]
    assert {(p["given_label"], p["suggested_label"]): p["rows"] for p in told} == pairs
    classes = {row["label"]: row for row in kept.report["classes"]["rows"]}
    for row in index.class_rows(10):
        assert (row.rows, row.flagged) == (classes[row.label]["rows"], classes[row.label]["flagged"])
        assert row.noise_rate == pytest.approx(classes[row.label]["noise_rate"])
    heat = index.heat(10)
    assert np.sum(heat.counts) == 300
    assert (index.heat(2).left_out, len(index.heat(2).labels)) == (1, 2)
    bins = index.histogram(RowFilter(given="ash"))
    assert sum(b.rows for b in bins) == classes["ash"]["rows"]
    assert sum(b.flagged for b in bins) == classes["ash"]["flagged"]


def test_slices_are_columns_that_cut(index: RunIndex) -> None:
    """Not the id, not the label, not a number that every row has of its own."""
    assert index.slice_columns() == ("bark",)
    assert {value for value, _ in index.slice_values("bark")} == {"rough", "smooth"}
    assert sum(rows for _, rows in index.slice_values("bark")) == 300
    assert index.slice_values("no such column") == []
