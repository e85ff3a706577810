"""What a check may need beside the evidence: the rows, the last accepted run, the clock. No figures."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cl_core.baseline import Baseline

if TYPE_CHECKING:
    import pandas as pd

    from cl_core.dataset import Dataset


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What is known around the labels of a run; attached to the evidence when it is judged.

    Attributes
    ----------
    dataset
        The rows, in the order of the scored table; None where only figures are at hand.
    baseline
        The last accepted run of the same data set; None when there is none.
    now
        The time of the judgement; the clock's when left out.
    audited_at
        When the last answer of the audit came in; None without an audit.
    """

    dataset: "Dataset | None" = None
    baseline: Baseline | None = None
    now: datetime | None = None
    audited_at: datetime | None = None

    @property
    def time(self) -> datetime:
        """The time of the judgement, with a time zone."""
        return self.now or datetime.now(UTC)

    @property
    def source(self) -> "pd.DataFrame | None":
        """The labelled rows as they stood in the source, every column; None where it is no table."""
        return None if self.dataset is None else self.dataset.source
