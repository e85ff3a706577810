"""One line of the doctor's: what was looked at, how it is, what to do. No looking here."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """How one thing is.

    Attributes
    ----------
    area
        What was looked at, in a word or two.
    level
        ``ok``; ``warning`` where gates run, but not as people expect; ``problem`` where they cannot.
    says
        What was found; never a secret.
    remedy
        What to do; empty where all is well.
    """

    area: str
    level: Level
    says: str
    remedy: str = ""
