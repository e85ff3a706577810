"""Which label each row of the source gets, and how that source spells it. Reads and writes no file."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cl_core.dataset import Dataset
from cl_core.types import Indices, Mask
from cl_flows.review.standing import Outcome, Standing


class OtherSourceError(Exception):
    """The source does not hold the rows that were judged, as far as rewriting it goes; says why."""


@dataclass(frozen=True, slots=True, eq=False)
class NewLabels:
    """What becomes of each labelled row, in the order of the source.

    Attributes
    ----------
    given, final
        Class names before and after; `final` is the given one for a row that leaves.
    leaves
        Which rows are left out, shape ``(n,)``.
    """

    given: tuple[str, ...]
    final: tuple[str, ...]
    leaves: Mask

    @property
    def changed(self) -> Indices:
        """Rows that get another label."""
        return np.array([i for i, (a, b) in enumerate(zip(self.given, self.final, strict=True)) if a != b])


def new_labels(rows: Dataset, judged: Dataset, standing: Standing, *, keep_excluded: bool) -> NewLabels:
    """Say what becomes of the rows of the source.

    Parameters
    ----------
    rows
        The rows as the source holds them.
    judged
        The rows that people saw: the same ones, or with earlier corrections laid over them. Rows that those
        took out leave, too, and labels that they changed are changed.
    standing
        What people settled; its positions are those of `judged`.
    keep_excluded
        Keep rows that people called ambiguous or in no class, with their given label.
    """
    given = [rows.classes[code] for code in np.asarray(rows.labels).tolist()]
    final, leaves = list(given), np.zeros(len(given), dtype=np.bool_)
    places = _places(rows, judged)
    for i, place in enumerate(places.tolist()):
        if place < 0:
            leaves[i] = True
            continue
        final[i] = judged.classes[int(judged.labels[place])]
        row = standing.verdicts.get(place)
        if row is not None and row[0] is Outcome.RELABEL:
            final[i] = row[1]
        elif row is not None and row[0] is Outcome.EXCLUDE:
            leaves[i] = not keep_excluded
    return NewLabels(tuple(given), tuple(final), leaves)


def _places(rows: Dataset, judged: Dataset) -> Indices:
    """Return where each row stands among the judged ones; -1 where it is not among them."""
    if rows.fingerprint == judged.fingerprint:
        return np.arange(rows.n_rows)
    import pandas as pd

    index = pd.Index(np.asarray(judged.ids).astype(np.str_))
    places: Indices = index.get_indexer(pd.Index(np.asarray(rows.ids).astype(np.str_)))
    return places


@dataclass(slots=True)
class Speller:
    """Turns class names into what the source writes for them, learnt from its own cells.

    Attributes
    ----------
    labels
        What becomes of each row.
    row
        The labelled row that comes next.
    """

    labels: NewLabels
    row: int = 0
    _words: dict[str, Counter[Any]] = field(default_factory=dict)

    def learn(self, cells: Iterable[Any]) -> None:
        """See how the coming labelled rows are written, without going on.

        Raises
        ------
        OtherSourceError
            For a cell that is not the label of its row.
        """
        row = self.row
        for cell in cells:
            if row >= len(self.labels.given) or not is_name(cell, self.labels.given[row]):
                raise OtherSourceError(f"labelled row {row:,} of the source is {cell!r}")
            self._words.setdefault(self.labels.given[row], Counter())[cell] += 1
            row += 1

    def next(self) -> tuple[bool, str | None, Any]:
        """Go on by a row: whether it stays, its new class or None for the old one, and that class's word."""
        i, self.row = self.row, self.row + 1
        if self.labels.leaves[i]:
            return False, None, None
        final = self.labels.final[i]
        if final == self.labels.given[i]:
            return True, None, None
        known = self._words.get(final)
        return True, final, known.most_common(1)[0][0] if known else None

    def refuse_rest(self) -> None:
        """Refuse a source with fewer labelled rows than were judged."""
        if self.row != len(self.labels.given):
            raise OtherSourceError(f"the source has {self.row:,} labelled rows of {len(self.labels.given):,}")


def is_name(cell: Any, name: str) -> bool:
    """Whether a cell is how the source writes the class `name`: 1.0 is the class 1."""
    if str(cell) == name:
        return True
    try:
        return not isinstance(cell, bool) and float(cell) == float(name)
    except (TypeError, ValueError):
        return False


def typed_like(name: str, cells: Sequence[Any]) -> Any:
    """Turn the name of a class that no row had into the kind of value that the others are."""
    kinds = {type(cell) for cell in cells}
    for kind in (bool, int, float):
        if kinds == {kind}:
            try:
                return {"True": True, "False": False}[name] if kind is bool else kind(name)
            except (KeyError, ValueError) as error:
                raise OtherSourceError(f"the new class {name!r} is no {kind.__name__}") from error
    return name
