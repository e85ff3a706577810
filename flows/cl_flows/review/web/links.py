"""Addresses of pages, as templates print them. Names too long for an address are left to their number."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

# Servers and proxies take some thousand bytes of address; longer names travel as their class number.
_LONGEST = 200
NUMBERED = "class:"


@dataclass(frozen=True, slots=True)
class Links:
    """Links from the sections of a run to its rows."""

    run_id: str
    classes: Sequence[str]

    def pair(self, given: str, suggested: str) -> str:
        """Rows labelled `given` that the model would call `suggested`."""
        return self._rows(given=self._name(given), suggested=self._name(suggested), which="all", state="all")

    def given(self, label: str) -> str:
        """Rows labelled `label`."""
        return self._rows(given=self._name(label), which="all", state="all")

    def quality(self, start: float, end: float, *, flagged: bool) -> str:
        """Rows of a range of label quality; its upper end belongs to it only at 1."""
        which = "flagged" if flagged else "unflagged"
        below = {} if end >= 1 else {"below": f"{end:g}"}
        return self._rows(**{"from": f"{start:g}", **below, "which": which, "state": "all"})

    def _rows(self, **query: str) -> str:
        return f"/runs/{self.run_id}/rows?{urlencode(query)}"

    def _name(self, label: str) -> str:
        return class_name(label, self.classes)


def class_name(label: str, classes: Sequence[str]) -> str:
    """Return how an address names a class: itself, or its number where it is long or looks like one."""
    if len(label) <= _LONGEST and not label.startswith(NUMBERED):
        return label
    return f"{NUMBERED}{list(classes).index(label)}"


def named_class(said: str, classes: Sequence[str]) -> str:
    """Return the class that an address names; a name that no class has stays as it is."""
    number = said.removeprefix(NUMBERED)
    if said.startswith(NUMBERED) and number.isascii() and number.isdigit() and int(number) < len(classes):
        return classes[int(number)]
    return said
