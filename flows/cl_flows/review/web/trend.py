"""Rates of a data set's runs over time, laid out for a chart: positions in percent and pixels. No markup."""

from collections.abc import Sequence
from dataclasses import dataclass

from cl_flows.history import HistoryRow

_MOST_POINTS = 40  # more would touch each other on a phone
_HEIGHT = 96
_ROOM = 1.2


@dataclass(frozen=True, slots=True)
class Point:
    """One run on the chart: where it stands, and how far its interval reaches."""

    run: HistoryRow
    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Trend:
    """A chart: points, oldest first, the height of the newest limit, and what its upper end means."""

    points: tuple[Point, ...]
    limit: float | None
    top: float
    height: int = _HEIGHT


def trend(rows: Sequence[HistoryRow]) -> Trend:
    """Lay out the newest runs; `rows` has the newest first."""
    runs = rows[:_MOST_POINTS][::-1]
    limit = rows[0].max_noise_rate
    top = min(1.0, max(0.01, *(run.high for run in runs), limit if limit < 1 else 0.0) * _ROOM)

    def height(rate: float) -> float:
        return round(_HEIGHT * (1 - min(rate, top) / top), 1)

    step = 100 / max(len(runs), 1)
    points = tuple(
        Point(run, round((i + 0.5) * step, 2), height(run.noise_rate), height(run.low), height(run.high))
        for i, run in enumerate(runs)
    )
    return Trend(points, height(limit) if limit <= top else None, top)
