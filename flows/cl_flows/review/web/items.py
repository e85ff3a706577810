"""One row as pages show it: what it is, how it looks, what people said of it."""

from typing import Any

from cl_flows.review.neighbours import neighbours
from cl_flows.review.web import words
from cl_flows.review.web.looks import look
from cl_flows.review.web.query import RowQuery
from cl_flows.review.web.shelf import Opened


def item_of(run: Opened, position: int, query: RowQuery, me: str, *, large: bool) -> dict[str, Any]:
    """Return what a card shows of a row; `large`, what its own page does."""
    index = run.index
    row = index.row(position)
    said = words.visible(run.record.words(position), me, double=query.double)
    item: dict[str, Any] = {
        "row": row,
        "look": look(run, position, large=large),
        "given_code": int(index.given[position]),
        "suggested_code": int(index.suggested[position]),
        "badge": words.badge(run, position, me, double=query.double),
        "earlier": words.lines(words.visible(run.earlier.words(position), me, double=query.double)),
        "url": query.url(index.run.run_id, f"rows/{position}", start=str(int(index.rank[position]))),
    }
    if large:
        item["words"] = words.lines(said)
    return item


def near_of(run: Opened, position: int) -> list[dict[str, Any]]:
    """Return the rows most like one, with their labels; the first call for a data set may take long."""
    found = neighbours(run.index, position)
    return [{"one": one, "look": look(run, one.position, large=False)} for one in found]
