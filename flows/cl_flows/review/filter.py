"""Which rows people want to see. Finds none."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RowFilter:
    """What rows must have in common; what is left empty does not matter.

    Attributes
    ----------
    given, suggested
        The label in the data, and the label the model would give.
    label
        Either of them.
    flagged
        Whether the row is called a label issue.
    quality_below, quality_from
        Label quality is less than the one, and the other or more.
    column, value
        A slice: a column of the source, and its value as text.
    search
        The id or its beginning, or words in what the row holds (texts and tables), whatever their case and
        accents.
    """

    given: str = ""
    suggested: str = ""
    label: str = ""
    flagged: bool | None = None
    quality_below: float | None = None
    quality_from: float | None = None
    column: str = ""
    value: str = ""
    search: str = ""
