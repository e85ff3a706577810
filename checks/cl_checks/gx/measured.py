"""What is measured about the labels of a batch, whatever holds it. Neither limits nor Great Expectations."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cl_core.errors import InputError
from cl_core.evidence import Evidence, assess
from cl_core.types import FloatArray, Labels


@dataclass(frozen=True, slots=True)
class IssueCounts:
    """How many rows are called a label issue, and between which classes.

    Attributes
    ----------
    rows, flagged
        Rows of the batch, and those called a label issue.
    pairs
        ``{"given_label", "suggested_label", "rows"}`` a pair of classes, most rows first.
    """

    rows: int
    flagged: int
    pairs: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What confident learning says about a batch.

    Attributes
    ----------
    evidence
        Everything that was measured.
    counts
        Rows, flagged rows and pairs.
    worst
        The flagged rows, worst first: ``given_label, suggested_label, label_quality``, and ``id``
        where a column identifies the rows; its index numbers the rows of the batch.
    row_index
        What a pandas batch calls the rows of `worst`; None elsewhere, where rows have no order.
    """

    evidence: Evidence
    counts: IssueCounts
    worst: pd.DataFrame
    row_index: tuple[Any, ...] | None


def measure(
    chunks: Iterable[pd.DataFrame],
    label_column: str,
    probability_columns: Mapping[str, str],
    *,
    id_column: str | None = None,
    keep_index: bool = False,
) -> Measured:
    """Assess the labels of a batch that holds labels and probabilities.

    Nothing is left out: a missing label, a label without a column or a bad probability is an error.
    The probabilities of a batch in several chunks lie in a file that is gone afterwards, so that memory
    holds a chunk of them and no more; the result is the same to the bit.

    Examples
    --------
    >>> table = pd.DataFrame({"y": ["a", "a", "a", "b"], "pa": [0.9, 0.8, 0.1, 0.2]})
    >>> table["pb"] = 1 - table["pa"]
    >>> measure([table], "y", {"a": "pa", "b": "pb"}).counts
    IssueCounts(rows=4, flagged=1, pairs=({'given_label': 'a', 'suggested_label': 'b', 'rows': 1},))
    """
    classes = sorted(probability_columns)
    columns = [probability_columns[name] for name in classes]
    codes: list[Labels] = []
    ids: list[NDArray[Any]] = []
    index: list[Any] = []
    with _Probabilities(len(classes)) as probabilities:
        for chunk in chunks:
            codes.append(_class_numbers(chunk[label_column], classes, label_column))
            probabilities.add(_numbers(chunk, columns))
            if id_column is not None:
                ids.append(chunk[id_column].to_numpy(dtype=object))
            if keep_index:
                index.extend(chunk.index)
        found = assess(_joined(codes), probabilities.array(), classes=classes)
    return _measured(found, np.concatenate(ids) if ids else None, index if keep_index else None)


def issue_counts(groups: Iterable[tuple[Any, ...]]) -> IssueCounts:
    """Sum up a scored table from its ``(given, suggested, flag, rows)`` groups.

    Examples
    --------
    >>> issue_counts([("cat", "cat", False, 90), ("cat", "dog", True, 10)])
    IssueCounts(rows=100, flagged=10, pairs=({'given_label': 'cat', 'suggested_label': 'dog', 'rows': 10},))
    """
    rows, pairs = 0, Counter[tuple[Any, Any]]()
    for given, suggested, flag, count in groups:
        _refuse_unknown(given, suggested, flag, count)
        rows += count
        if flag:
            pairs[given, suggested] += count
    if rows == 0:
        raise InputError("the scored table has no rows", hint="nothing was judged, and nothing is no pass")
    return IssueCounts(rows, pairs.total(), tuple(_in_order(pairs)))


def _in_order(pairs: "Counter[tuple[Any, Any]]") -> Iterator[dict[str, Any]]:
    ranked = sorted(pairs.items(), key=lambda pair: (-pair[1], str(pair[0][0]), str(pair[0][1])))
    for (given, suggested), count in ranked:
        yield {"given_label": given, "suggested_label": suggested, "rows": count}


def _refuse_unknown(given: Any, suggested: Any, flag: Any, count: int) -> None:
    for column, value in (("given label", given), ("suggested label", suggested), ("flag", flag)):
        if pd.isna(value):
            raise InputError(
                f"{count:,} rows have no {column}", hint="pass the scored table as it was written"
            )
    if flag not in (0, 1):  # True and False are these; databases without truth values store them so
        raise InputError(f"{count:,} rows have the flag {flag!r}", hint="a row is an issue or it is none")


def _class_numbers(given: "pd.Series[Any]", classes: list[str], column: str) -> Labels:
    # Names in a suite are JSON keys, hence text; the labels may be anything that is written like them.
    written = given.map(str, na_action="ignore")
    unknown = written[~written.isin(classes)]
    if len(unknown):
        raise InputError(
            f"{len(unknown):,} labels of {column!r} are missing or have no probability column, "
            f"the first is {given.loc[unknown.index[0]]!r}",
            hint=f"known classes: {', '.join(classes[:10])}",
        )
    numbers = written.map({name: i for i, name in enumerate(classes)})
    return np.asarray(numbers, dtype=np.intp)


def _numbers(chunk: pd.DataFrame, columns: list[str]) -> FloatArray:
    try:
        return np.ascontiguousarray(chunk[columns].to_numpy(dtype=np.float64))
    except (TypeError, ValueError) as error:
        raise InputError(
            f"the probability columns hold something else than numbers: {error}",
            hint=f"they are {', '.join(columns[:10])}",
        ) from error


def _joined(codes: list[Labels]) -> Labels:
    if sum(map(len, codes)) == 0:
        raise InputError("the batch has no rows", hint="nothing was measured, and nothing is no pass")
    return np.concatenate(codes)


class _Probabilities:
    """Probabilities as they come: a single chunk stays where it is, more go to a file that has no name."""

    def __init__(self, k: int) -> None:
        self._k = k
        self._only: FloatArray | None = None
        self._file: IO[bytes] | None = None

    def add(self, chunk: FloatArray) -> None:
        if self._only is None and self._file is None:
            self._only = chunk
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the block
        if self._only is not None:
            self._only.tofile(self._file)
            self._only = None
        chunk.tofile(self._file)

    def array(self) -> FloatArray:
        if self._file is None:
            return np.zeros((0, self._k)) if self._only is None else self._only
        self._file.flush()
        return np.memmap(self._file, dtype=np.float64, mode="r").reshape(-1, self._k)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()


def _measured(found: Evidence, ids: NDArray[Any] | None, index: list[Any] | None) -> Measured:
    flagged = found.scored["is_label_issue"].to_numpy()
    worst = found.scored[flagged].sort_values("rank")
    shown = worst[["given_label", "suggested_label", "label_quality"]]
    if ids is not None:
        shown = shown.assign(id=ids[shown.index])
    pairs = Counter(zip(shown["given_label"], shown["suggested_label"], strict=True))
    counts = IssueCounts(found.n_rows, len(shown), tuple(_in_order(pairs)))
    names = None if index is None else tuple(index[i] for i in shown.index)
    return Measured(found, counts, shown, names)
