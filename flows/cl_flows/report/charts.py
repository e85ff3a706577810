"""What the page's charts show, as plain numbers: positions in percent, counts, shades. No markup."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cl_flows.report.record import RunReport
from cl_flows.report.wording import count, percent

# A table of 24 x 24 still fits a wide screen; beyond that people read pairs, not cells.
HEAT_MAP_CLASSES = 24
_SHADES = 6
_BINS = 20


@dataclass(frozen=True, slots=True)
class Scale:
    """A number line from 0 to `top`: the interval, the estimate and the limit, in percent of its width."""

    low: float
    rate: float
    high: float
    limit: float | None
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the heat map: rows counted, share of the given label's rows, shade 0..6."""

    rows: int
    share: float
    shade: int
    right: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """One bin of a histogram: its range, its count and its height in percent of the highest bar."""

    start: float
    end: float
    rows: int
    height: float


def number_line(report: RunReport) -> Scale:
    """Lay out rate, interval and limit on a line that ends at a round number."""
    noise, limit = report.evidence.noise, report.limit
    shown = limit if limit is not None and 0 <= limit <= 1 else None
    step, top = _steps(max(noise.high, shown or 0.0, 0.01) * 1.15)
    ticks = tuple((at / top * 100, _tick(at, step)) for at in np.arange(0, top + step / 2, step).tolist())
    return Scale(
        low=noise.low / top * 100,
        rate=noise.rate / top * 100,
        high=noise.high / top * 100,
        limit=None if shown is None else shown / top * 100,
        ticks=ticks,
    )


def _steps(reach: float) -> tuple[float, float]:
    """Return a round step and the first multiple of it at or over `reach`, four to six steps in all."""
    power = 10 ** math.floor(math.log10(reach / 4))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if reach / (m * power) <= 5)  # noqa: PLR2004 - five ticks
    top = math.ceil(reach / step - 1e-9) * step
    return step, top


def _tick(at: float, step: float) -> str:
    decimals = 0 if step >= 0.01 and round(step * 1000) % 10 == 0 else 1  # noqa: PLR2004 - one percent
    return f"{at * 100:.{decimals}f} %"


def heat_map(report: RunReport) -> list[list[Cell]] | None:
    """Return the confident joint with a shade a cell; None when the classes are too many for a table."""
    counts = report.evidence.confident_joint
    if len(counts) > HEAT_MAP_CLASSES:
        return None
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    wrong = shares[~np.eye(len(counts), dtype=bool)]
    worst = float(wrong.max()) if wrong.size else 0.0
    return [
        [_cell(int(counts[i, j]), float(shares[i, j]), worst, right=i == j) for j in range(len(counts))]
        for i in range(len(counts))
    ]


def _cell(rows: int, share: float, worst: float, *, right: bool) -> Cell:
    shade = 0 if right or rows == 0 or worst <= 0 else max(1, math.ceil(share / worst * _SHADES))
    return Cell(rows, share, shade, right)


def histogram(qualities: NDArray[np.float64]) -> list[Bar]:
    """Count label qualities in twenty equal bins of 0..1."""
    counts, edges = np.histogram(qualities, bins=_BINS, range=(0.0, 1.0))
    highest = max(int(counts.max()), 1)
    return [
        Bar(float(edges[i]), float(edges[i + 1]), int(c), float(c / highest * 100))
        for i, c in enumerate(counts)
    ]


def line_in_words(report: RunReport) -> str:
    """Say what the number line shows, for people who hear the page."""
    noise = report.evidence.noise
    limit = "no limit is set" if report.limit is None else f"the limit is {percent(report.limit)}"
    return (
        f"Estimated noise rate {percent(noise.rate)}, {noise.confidence:.0%} interval from "
        f"{percent(noise.low)} to {percent(noise.high)}; {limit}; {count(noise.n_rows, 'label')} judged."
    )
