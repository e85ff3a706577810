"""What the address of a gallery says: a filter, a state, a place to start; and addresses like it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from cl_flows.review.filter import RowFilter
from cl_flows.review.web.links import named_class

STATES = ("open", "earlier", "decided", "disputed", "skipped", "all")
_WHICH = {"flagged": True, "unflagged": False, "all": None}
_USUAL = {"state": "open", "which": "flagged"}
_FIELDS = (
    *("state", "which", "given", "suggested", "label", "from", "below", "column", "value", "q", "double"),
    "start",
)
_CHIPS = {"all": "decided or not", "earlier": "decided in an earlier run"}
_MOST = 1_000  # characters of a search or a value


@dataclass(frozen=True, slots=True)
class RowQuery:
    """The rows that somebody wants to see.

    Attributes
    ----------
    fields
        What the address said, with what it left out.
    wanted
        The same as a filter of the index.
    start
        The rank to start from; ranks do not move when rows are decided, as page numbers would.
    """

    fields: Mapping[str, str]
    wanted: RowFilter
    start: int

    @property
    def state(self) -> str:
        """Which of the rows: open, decided, disputed, skipped (by who asks) or all."""
        return self.fields["state"]

    @property
    def double(self) -> bool:
        """Whether two people are to look at each row, blind to each other."""
        return self.fields["double"] == "1"

    def url(self, run_id: str, page: str = "rows", **changes: str) -> str:
        """Return the address of these rows with some fields changed; it starts anew."""
        said = {**self.fields, "start": "", **changes}
        kept = [(k, v) for k, v in said.items() if v and v != _USUAL.get(k)]
        path = f"/runs/{run_id}/{page}"
        return f"{path}?{urlencode(kept)}" if kept else path

    def chips(self, run_id: str, page: str = "rows") -> list[tuple[str, str]]:
        """Return each filter that applies, in words, with the address without it."""
        texts = {
            "given": "given {}",
            "suggested": "suggested {}",
            "label": "label {}",
            "from": "quality from {}",
            "below": "quality below {}",
            "q": "“{}”",
        }
        named = {"given": self.wanted.given, "suggested": self.wanted.suggested, "label": self.wanted.label}
        found = [
            (text.format(named.get(name, self.fields[name])), self.url(run_id, page, **{name: ""}))
            for name, text in texts.items()
            if self.fields[name]
        ]
        if self.wanted.column:
            slice_ = f"{self.fields['column']}: {self.fields['value']}"
            found.append((slice_, self.url(run_id, page, column="", value="")))
        if self.fields["which"] != _USUAL["which"]:
            text = {"all": "flagged or not", "unflagged": "not flagged"}[self.fields["which"]]
            found.append((text, self.url(run_id, page, which="")))
        if self.state != _USUAL["state"] and page == "rows":
            found.append((_CHIPS.get(self.state, self.state), self.url(run_id, page, state="")))
        return found


def read_query(params: QueryParams | Mapping[str, str], classes: Sequence[str]) -> RowQuery:
    """Read an address; what it says wrongly counts as left out."""
    fields = {name: params.get(name, "")[:_MOST] for name in _FIELDS}
    if fields["state"] not in STATES:
        fields["state"] = _USUAL["state"]
    if fields["which"] not in _WHICH:
        fields["which"] = _USUAL["which"]
    bounds = {name: _share(fields[name]) for name in ("from", "below")}
    for name, value in bounds.items():
        fields[name] = "" if value is None else fields[name]
    slice_ = bool(fields["column"] and fields["value"])
    wanted = RowFilter(
        given=named_class(fields["given"], classes),
        suggested=named_class(fields["suggested"], classes),
        label=named_class(fields["label"], classes),
        flagged=_WHICH[fields["which"]],
        quality_from=bounds["from"],
        quality_below=bounds["below"],
        column=fields["column"] if slice_ else "",
        value=fields["value"] if slice_ else "",
        search=fields["q"].strip(),
    )
    start = int(fields["start"]) if fields["start"].isascii() and fields["start"].isdigit() else 0
    return RowQuery(fields, wanted, start)


def _share(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 <= value <= 1 else None
