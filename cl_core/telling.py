"""What publishers are told besides the verdict: why they are called, which rows to look at. No deciding."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

When: TypeAlias = Literal["change", "failing", "always"]
News: TypeAlias = Literal["failed", "undecided", "recovered", "passed", "test"]


@dataclass(frozen=True, slots=True)
class ConfusedPair:
    """Two classes, and how many rows of the one are likely of the other (an estimate)."""

    given: str
    suggested: str
    rows: int


@dataclass(frozen=True, slots=True)
class SuspectRow:
    """A flagged row: what people call it, its label, and the label that the model would give."""

    id: str | int
    given: str
    suggested: str


@dataclass(frozen=True, slots=True)
class Telling:
    """Why a publisher is called for this run.

    Attributes
    ----------
    news
        ``failed`` and ``undecided`` as the verdict; ``recovered`` for a pass after anything else;
        ``passed`` for any other pass; ``test`` for a message that somebody sends to try the set-up.
    known
        The verdict that this destination was told of last; empty when it never was.
    missed
        Runs since then that it should have been told of and was not, a sentence each, oldest first.
    """

    news: News
    known: str = ""
    missed: tuple[str, ...] = ()

    @property
    def is_change(self) -> bool:
        """Whether the verdict is another than the one that is known."""
        return self.news == "recovered" or self.news != (self.known or "passed")
