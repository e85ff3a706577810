"""What the page's charts show, as plain numbers: positions in percent, counts, shades. No markup."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cl_flows.report.wording import count, percents

# A table of 24 x 24 still fits a wide screen; beyond that people read pairs, not cells.
HEAT_MAP_CLASSES = 24
_SHADES = 6
_BINS = 20
_MOST_STEPS = 5  # more labels would run into each other on a phone
_ONE_PERCENT = 0.009  # just under it: steps are sums of binary fractions


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


def number_line(noise: Mapping[str, Any]) -> Scale:
    """Lay out rate, interval and limit of the report's part ``noise`` on a line to a round number."""
    limit = noise["limit"]
    low, rate, high = (noise[key] or 0.0 for key in ("low", "rate", "high"))
    shown = limit if limit is not None and 0 <= limit <= 1 else None
    step, top = _steps(min(1.0, max(high, shown or 0.0, 0.01) * 1.15))
    ticks = tuple((at / top * 100, _tick(at, step)) for at in np.arange(0, top + step / 2, step).tolist())
    return Scale(
        low=low / top * 100,
        rate=rate / top * 100,
        high=high / top * 100,
        limit=None if shown is None else shown / top * 100,
        ticks=ticks,
    )


def _steps(reach: float) -> tuple[float, float]:
    """Return a round step and the first multiple of it at or over `reach`, at most five steps away."""
    power = 10 ** math.floor(math.log10(reach / _MOST_STEPS))
    step = next(times * power for times in (1, 2, 5, 10) if reach / (times * power) <= _MOST_STEPS)
    top = math.ceil(reach / step - 1e-9) * step
    return step, top


def _tick(at: float, step: float) -> str:
    return f"{at:.0%}" if step > _ONE_PERCENT else f"{at:.1%}"


def heat_map(counts: NDArray[np.int64], totals: NDArray[np.int64] | None = None) -> list[list[Cell]]:
    """Return a confident joint with a shade a cell, by its share of the given label's rows.

    `totals` are those rows where `counts` holds some of the classes only.
    """
    totals = counts.sum(axis=1) if totals is None else totals
    shares = counts / np.maximum(totals[:, None], 1)
    wrong = shares[~np.eye(len(counts), dtype=bool)]
    worst = float(wrong.max()) if wrong.size else 0.0
    return [
        [_cell(int(counts[i, j]), float(shares[i, j]), worst, right=i == j) for j in range(len(counts))]
        for i in range(len(counts))
    ]


def _cell(rows: int, share: float, worst: float, *, right: bool) -> Cell:
    shade = 0 if right or rows == 0 or worst <= 0 else max(1, math.ceil(share / worst * _SHADES))
    return Cell(rows, share, shade, right)


def quality_bins(qualities: NDArray[np.float64]) -> NDArray[np.int64]:
    """Count label qualities in twenty equal bins of 0..1."""
    return np.histogram(qualities, bins=_BINS, range=(0.0, 1.0))[0].astype(np.int64)


def histogram(counts: NDArray[np.int64]) -> list[Bar]:
    """Lay out counts of equal bins of 0..1."""
    highest = max(int(counts.max()), 1)
    edges = np.linspace(0.0, 1.0, len(counts) + 1)
    return [
        Bar(float(edges[i]), float(edges[i + 1]), int(c), float(c / highest * 100))
        for i, c in enumerate(counts)
    ]


def line_in_words(noise: Mapping[str, Any], n_rows: int) -> str:
    """Say what the number line shows, for people who hear the page."""
    rates = (math.nan if noise[key] is None else noise[key] for key in ("rate", "low", "high"))
    most, rate, low, high = percents(noise["limit"], *rates)
    limit = "no limit is set" if noise["limit"] is None else f"the limit is {most}"
    return (
        f"Estimated noise rate {rate}, {noise['confidence']:.0%} interval from {low} to {high}; {limit}; "
        f"{count(n_rows, 'label')} judged."
    )
