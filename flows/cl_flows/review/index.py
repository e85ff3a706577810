"""A finished run in arrays: which rows, in which order, with which figures. Opens no picture and no text."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cl_core.errors import InputError
from cl_core.types import Indices, Mask
from cl_flows.kept.places import JOINT_FILE
from cl_flows.kept.run import KeptRun
from cl_flows.review.columns import Columns
from cl_flows.review.counts import WordCounts
from cl_flows.review.filter import RowFilter
from cl_flows.review.rows import Bin, ClassRow, HeatMap, Pair, ReviewRow
from cl_flows.review.scored import ScoredRows

# Sorting one row in so many costs less than going through all of them in order.
_FEW = 10


class RunIndex:
    """The rows of a run, ready to be found by any filter.

    Attributes
    ----------
    run
        The run.
    n_rows, classes
        Number of rows, and class names in the order of the class numbers.
    given, suggested, quality, flagged, rank
        Columns of the rows: those of `ScoredRows`.
    """

    def __init__(self, run: KeptRun) -> None:
        scored = self._scored = ScoredRows(run)
        self.run = run
        self.n_rows, self.classes = len(scored.rank), run.classes
        self._code = {name: code for code, name in enumerate(run.classes)}
        self.given, self.suggested = scored.given, scored.suggested
        self.quality, self.flagged, self.rank = scored.quality, scored.flagged, scored.rank
        self.columns = Columns(run)

    def find(self, wanted: RowFilter) -> Indices:
        """Return the positions of the rows that fit, worst (rank 1) first."""
        fits = self._fits(wanted)
        if fits is None:
            return self.order
        found = np.flatnonzero(fits)
        if len(found) * _FEW < self.n_rows:
            return found[np.argsort(self.rank[found])]
        return self.order[fits[self.order]]

    @cached_property
    def order(self) -> Indices:
        """Positions in the order people look at them, shape ``(n,)``."""
        order: Indices = np.empty(self.n_rows, dtype=np.intp)
        order[self.rank - 1] = np.arange(self.n_rows)  # rank is a permutation of 1..n
        order.setflags(write=False)  # handed out for a filter that takes every row
        return order

    def row(self, position: int) -> ReviewRow:
        """Return what is known of one row."""
        if not 0 <= position < self.n_rows:
            raise InputError(f"there is no row {position:,}", hint=f"rows go from 0 to {self.n_rows - 1:,}")
        return ReviewRow(
            position=position,
            id=self.id_of(position),
            given=self.classes[self.given[position]],
            suggested=self.classes[self.suggested[position]],
            quality=float(self.quality[position]),
            flagged=bool(self.flagged[position]),
            reason=str(self._scored.reasons[position].as_py() or ""),
            probabilities=self._probabilities(position),
            rank=int(self.rank[position]),
        )

    def id_of(self, position: int) -> str:
        """Return what people call a row."""
        return self._scored.id_of(position)

    def position_of(self, row_id: str) -> int:
        """Return the position of the row with this very id."""
        import pyarrow.compute as pc

        found = pc.index(self._scored.id_texts, row_id).as_py()
        if found < 0:
            raise InputError(f"no row has the id {row_id!r}", hint="the scored table lists every id")
        return int(found)

    def positions_of(self, row_ids: Iterable[str]) -> dict[str, int]:
        """Return the positions of the rows with these very ids; an id that no row has is left out."""
        import pyarrow as pa
        import pyarrow.compute as pc

        wanted = sorted(row_ids)
        found = pc.index_in(self._scored.id_texts, value_set=pa.array(wanted, pa.large_string()))
        rows = np.flatnonzero(np.asarray(found.is_valid()))
        return {wanted[found[int(row)].as_py()]: int(row) for row in rows}

    @cached_property
    def words(self) -> WordCounts | None:
        """Words of the texts by class; None where the rows are no texts, or were not kept."""
        texts = self.columns.texts
        return None if texts is None else WordCounts(texts, self.given)

    @cached_property
    def ids(self) -> NDArray[Any]:
        """What people call the rows, shape ``(n,)``."""
        return np.asarray(self._scored.ids.to_numpy(zero_copy_only=False))

    @cached_property
    def class_sizes(self) -> NDArray[np.intp]:
        """Rows labelled with each class, shape ``(k,)``."""
        return np.bincount(self.given, minlength=len(self.classes))

    def slice_columns(self) -> tuple[str, ...]:
        """Columns of the source that rows can be cut by, the given label left out."""
        return self._slice_columns

    def slice_values(self, column: str) -> list[tuple[str, int]]:
        """Values of a column as text with their rows, at most 50, most rows first."""
        return self.columns.values(column)

    def pairs(self, most: int) -> list[Pair]:
        """Return the pairs of classes that are confused most, by the confident joint, then by flags."""
        k = len(self.classes)
        given, true, rows = self._joint
        off = given != true
        keys, flags = self._flagged_pairs
        both = np.unique(np.concatenate([given[off] * k + true[off], keys]))
        counted, flagged = np.zeros(len(both), np.int64), np.zeros(len(both), np.int64)
        counted[np.searchsorted(both, given[off] * k + true[off])] = rows[off]
        flagged[np.searchsorted(both, keys)] = flags
        order = np.lexsort((both, -flagged, -counted))[:most]
        return [
            Pair(self.classes[both[i] // k], self.classes[both[i] % k], int(counted[i]), int(flagged[i]))
            for i in order
        ]

    def class_rows(self, most: int) -> list[ClassRow]:
        """Return the classes, those with most flagged rows first."""
        k = len(self.classes)
        rows = self.class_sizes
        flagged = np.bincount(self.given[self.flagged], minlength=k)
        given, true, counts = self._joint
        kept = np.zeros(k)
        kept[given[given == true]] = counts[given == true]
        order = np.lexsort((np.arange(k), -rows, -flagged))[:most]
        return [
            ClassRow(
                self.classes[code],
                int(rows[code]),
                int(flagged[code]),
                float(1 - kept[code] / rows[code]) if rows[code] else None,
            )
            for code in order
        ]

    def heat(self, most_classes: int) -> HeatMap:
        """Return the confident joint, of the classes that are confused most where there are too many."""
        k = len(self.classes)
        given, true, counts = self._joint
        off = given != true
        weight = np.bincount(given[off], counts[off], k) + np.bincount(true[off], counts[off], k)
        shown = np.sort(np.lexsort((np.arange(k), -weight))[:most_classes])
        place = np.full(k, -1)
        place[shown] = np.arange(len(shown))
        inside = (place[given] >= 0) & (place[true] >= 0)
        cells = np.zeros((len(shown), len(shown)), dtype=np.int64)
        cells[place[given[inside]], place[true[inside]]] = counts[inside]
        return HeatMap(
            tuple(self.classes[code] for code in shown), tuple(map(tuple, cells.tolist())), k - len(shown)
        )

    def histogram(self, wanted: RowFilter, bins: int = 20) -> list[Bin]:
        """Count the rows that fit by label quality, in bins of equal width over 0..1."""
        found = self.find(wanted)
        place = np.minimum((self.quality[found] * bins).astype(np.intp), bins - 1)
        rows = np.bincount(place, minlength=bins)
        flagged = np.bincount(place[self.flagged[found]], minlength=bins)
        return [Bin(i / bins, (i + 1) / bins, int(rows[i]), int(flagged[i])) for i in range(bins)]

    def mean_suggested_probability(self, positions: Indices) -> float | None:
        """Return the mean probability of the rows' suggested labels; None where none is on record."""
        if self._scored.top is None:
            return None
        suggested = self.suggested[positions]
        found = [p[positions][c[positions] == suggested] for c, p in zip(*self._scored.top, strict=True)]
        hit = np.concatenate(found)
        return float(hit.mean(dtype=np.float64)) if len(hit) else None

    @cached_property
    def _slice_columns(self) -> tuple[str, ...]:
        names = self.columns.names
        return tuple(name for name in names if not self.columns.repeats(name, self.given, self.classes))

    def _fits(self, wanted: RowFilter) -> Mask | None:
        """Say which rows fit; None for all."""
        tests = []
        if wanted.given:
            tests.append(self.given == self._code.get(wanted.given, -1))
        if wanted.suggested:
            tests.append(self.suggested == self._code.get(wanted.suggested, -1))
        if wanted.label:
            code = self._code.get(wanted.label, -1)
            tests.append((self.given == code) | (self.suggested == code))
        if wanted.flagged is not None:
            tests.append(self.flagged == wanted.flagged)
        if wanted.quality_below is not None:
            tests.append(self.quality < wanted.quality_below)
        if wanted.quality_from is not None:
            tests.append(self.quality >= wanted.quality_from)
        if wanted.column:
            tests.append(self.columns.equal(wanted.column, wanted.value, self.n_rows))
        if wanted.search:
            tests.append(
                self._scored.with_id(wanted.search) | self.columns.containing(wanted.search, self.n_rows)
            )
        return np.logical_and.reduce(tests) if tests else None

    def _probabilities(self, position: int) -> tuple[tuple[str, float], ...]:
        given = int(self.given[position])
        known: list[tuple[int, float]] = []
        if self._scored.top is not None:
            known = [(int(c[position]), float(p[position])) for c, p in zip(*self._scored.top, strict=True)]
        if given not in {code for code, _ in known}:
            known.append((given, float(self.quality[position])))
        return tuple((self.classes[code], p) for code, p in known)

    @cached_property
    def _joint(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Read the cells of the confident joint that are not zero: given, true, rows."""
        import pyarrow.parquet as pq

        path = self.run.folder / JOINT_FILE
        if path.exists():
            table = pq.read_table(path)
            given, true, rows = (
                table[name].to_numpy().astype(np.int64) for name in ("given", "true", "rows")
            )
            return given, true, rows
        return self._joint_of_report()

    def _joint_of_report(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Rebuild the joint from the report's pairs, which is cut at a thousand of them."""
        pairs = self.run.report["pairs"]["rows"]
        given = [self._code[pair["given_label"]] for pair in pairs]
        true = [self._code[pair["suggested_label"]] for pair in pairs]
        rows = np.array([pair["rows"] for pair in pairs], dtype=np.int64)
        k = len(self.classes)
        left = self.class_sizes - np.bincount(given, rows, k).astype(np.int64)
        codes = np.arange(k)
        return (
            np.append(given, codes).astype(np.int64),
            np.append(true, codes).astype(np.int64),
            np.append(rows, left),
        )

    @cached_property
    def _flagged_pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pairs (given times k plus suggested) of the flagged rows, and how many each has."""
        given = self.given[self.flagged].astype(np.int64)
        return np.unique(given * len(self.classes) + self.suggested[self.flagged], return_counts=True)
