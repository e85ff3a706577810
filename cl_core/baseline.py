"""What is kept of an accepted run, so that later runs can be compared with it. No comparing, no storage."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from cl_core.errors import InputError


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """One class of a run.

    Attributes
    ----------
    label
        Its name.
    rows
        Rows that carry it.
    rate, low, high
        Estimated share of wrong labels among them, and the interval; None for a class that labels no row.
    """

    label: str
    rows: int
    rate: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """The figures of one finished run.

    Attributes
    ----------
    run_id, finished_at
        Which run, and when it ended, ISO 8601.
    n_rows
        Rows judged.
    rate, low, high
        Estimated noise rate and its interval, in 0..1.
    method, model
        How it was estimated, and one line about the model.
    confidence
        Nominal coverage of the intervals; None for a run recorded before this was kept.
    n_unlabelled
        Rows without a label; None for a run recorded before this was kept.
    classes
        Every class; None for a run recorded before this was kept.
    accepted_by, reason
        Who accepted a run by hand and why; empty for a run that passed by itself.
    """

    run_id: str
    finished_at: str
    n_rows: int
    rate: float
    low: float
    high: float
    method: str
    model: str = ""
    confidence: float | None = None
    n_unlabelled: int | None = None
    classes: tuple[ClassFigures, ...] | None = None
    accepted_by: str = ""
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give plain values that JSON and `from_dict` understand."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Baseline":
        """Restore what `to_dict` gave; refuses anything else."""
        try:
            classes = record["classes"]
            figures = None if classes is None else tuple(ClassFigures(**one) for one in classes)
            return cls(**{**record, "classes": figures})
        except (KeyError, TypeError) as error:
            raise InputError(
                f"not the figures of a run: {type(error).__name__} {error}",
                hint="pass what Baseline.to_dict gave, unchanged",
            ) from error
