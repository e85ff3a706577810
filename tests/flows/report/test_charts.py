"""What the page's charts show."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cl_core import Dataset, Failed, NoiseEstimate
from cl_flows.report import RunReport, charts, render_html, report_json


@given(st.floats(0.0115, 1.0))
def test_the_number_line_ends_at_a_round_number(reach: float) -> None:
    """One to five steps of 1, 2, 5 or 10 times a power of ten reach the end and hardly more."""
    step, top = charts._steps(reach)
    assert reach <= top * (1 + 1e-6)
    assert top - reach < step
    assert 1 <= round(top / step) <= 5
    assert f"{step:.0e}"[0] in "125"


@pytest.mark.parametrize(
    ("rate", "limit", "labels"),
    [
        (0.13, 0.05, ["0%", "5%", "10%", "15%", "20%"]),
        (0.0, 0.01, ["0.0%", "0.5%", "1.0%", "1.5%"]),
        (0.95, 0.05, ["0%", "20%", "40%", "60%", "80%", "100%"]),
    ],
)
def test_positions_are_shares_of_the_line(
    report: Callable[..., RunReport], rate: float, limit: float, labels: list[str]
) -> None:
    """Rate, interval and limit stand where the axis says."""
    noise = NoiseEstimate(rate, max(0.0, rate - 0.02), min(1.0, rate + 0.02 * bool(rate)), 0.95, "x", 60)
    made = report(verdict=Failed("LN001", "noise-budget", "", rate, limit))
    line = charts.number_line(
        report_json(replace(made, evidence=replace(made.evidence, noise=noise)))["noise"]
    )
    assert [text for _, text in line.ticks] == labels
    top = float(labels[-1].rstrip("%")) / 100
    assert line.rate == pytest.approx(rate / top * 100)
    assert line.limit == pytest.approx(limit / top * 100)
    assert 0 <= line.low <= line.rate <= line.high <= 100
    assert line.ticks[-1][0] == pytest.approx(100)


def test_shades_grow_with_the_share() -> None:
    """The largest wrong share has the strongest shade, none has none, and the diagonal is apart."""
    counts = np.array([[8, 1, 1], [0, 4, 6], [0, 0, 5]])
    cells = charts.heat_map(counts)
    assert [[cell.shade for cell in row] for row in cells] == [[0, 1, 1], [0, 0, 6], [0, 0, 0]]
    assert [cells[i][i].right for i in range(3)] == [True] * 3


def test_a_table_of_many_classes_is_no_heat_map(
    report: Callable[..., RunReport], dataset: Callable[..., Dataset]
) -> None:
    """Beyond 24 classes the page has pairs, not cells."""
    for k, shown in ((24, True), (25, False)):
        page = render_html(report(dataset(classes=tuple(map(str, range(k))))))
        assert ("Confident joint, in rows" in page) is shown


def test_a_histogram_counts_every_row_once() -> None:
    """Both ends of 0..1 belong to a bin, and the highest bar fills the chart."""
    bars = charts.histogram(charts.quality_bins(np.array([0.0, 0.01, 0.5, 1.0])))
    assert [bar.rows for bar in bars] == [2] + [0] * 9 + [1] + [0] * 8 + [1]
    assert (bars[0].height, bars[10].height) == (100.0, 50.0)
    assert sum(bar.rows for bar in charts.histogram(charts.quality_bins(np.array([])))) == 0


def test_the_number_line_has_words(report: Callable[..., RunReport]) -> None:
    """Who hears the page learns what the line shows."""
    assert charts.line_in_words(report_json(report())["noise"], 60) == (
        "Estimated noise rate 15.0%, 95% interval from 8.1% to 26.1%; the limit is 5.0%; 60 labels judged."
    )
