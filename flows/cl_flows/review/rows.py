"""What review shows of a run, as records. No arrays, no reading."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One row of a run.

    Attributes
    ----------
    position
        Row number of the data set, from 0.
    id
        What people call the row.
    given, suggested
        The label in the data and the label the model would give.
    quality
        Label quality in 0..1, low for suspect labels.
    flagged, reason
        Whether the row is called a label issue, and why, one sentence or nothing.
    probabilities
        The most probable classes, most probable first, and the given one where it is not among them.
    rank
        1 for the row to look at first.
    """

    position: int
    id: str
    given: str
    suggested: str
    quality: float
    flagged: bool
    reason: str
    probabilities: tuple[tuple[str, float], ...]
    rank: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A given label and what the rows may be in truth: estimated rows, and rows flagged for it."""

    given: str
    suggested: str
    rows: int
    flagged: int


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class: rows that carry its label, how many of them are flagged, and the estimated noise rate.

    `noise_rate` is None for a class that labels no row.
    """

    label: str
    rows: int
    flagged: int
    noise_rate: float | None


@dataclass(frozen=True, slots=True)
class HeatMap:
    """The confident joint of some classes: ``counts[i][j]`` rows labelled i that may be j in truth.

    `left_out` is the number of classes that are not shown.
    """

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows whose label quality is `low` or more and less than `high` (at most, in the last bin)."""

    low: float
    high: float
    rows: int
    flagged: int
