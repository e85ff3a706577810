"""From what a server answered for a batch to probabilities in the data set's order. No requests."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import softmax

from cl_core.errors import InputError, PluginError
from cl_core.inputs import check_pred_probs
from cl_core.types import FloatArray

_ONE_BY_TWO = 2


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the answers to one data set.

    Attributes
    ----------
    classes
        Class names of the data set.
    columns
        Class names in the order of the model's columns.
    positive
        The class whose probability a single number a row is, or None.
    logits
        Whether the numbers are logits.
    """

    classes: tuple[str, ...]
    columns: tuple[str, ...]
    positive: str | None
    logits: bool

    def __post_init__(self) -> None:
        if sorted(self.columns) != sorted(self.classes):
            raise InputError(
                f"the model's classes are {_listed(self.columns)}; the data set's {_listed(self.classes)}",
                hint="list each class of the data set once with `classes`, in the order of the columns",
            )
        if self.positive is not None and (
            len(self.classes) != _ONE_BY_TWO or self.positive not in self.classes
        ):
            raise InputError(
                f"`positive` is {self.positive!r}; the data set has the classes {_listed(self.classes)}",
                hint="`positive` names one of two classes",
            )

    def read(self, answer: Any, n_rows: int) -> FloatArray:
        """Return probabilities, shape ``(n_rows, k)``, columns in the data set's order.

        Parameters
        ----------
        answer
            One entry a row: numbers in column order, an object from class name to number, or a list of
            objects with ``label`` and ``score``.
        n_rows
            Rows that were sent.

        Raises
        ------
        PluginError
            For another number of rows or columns, what is no number, NaN, rows that do not sum to 1.
        """
        if not isinstance(answer, list | np.ndarray):
            raise PluginError(
                f"the answer is a {type(answer).__name__}, wanted a list with {n_rows} entries, one a row",
                hint="set `response` to where the rows are in the answer",
            )
        if len(answer) != n_rows:
            raise PluginError(
                f"the answer has {len(answer)} rows, {n_rows} were sent",
                hint="a model answers each row once; check what the server does with batches",
            )
        columns, table = self.columns, self._table(answer)
        if table.ndim == 1:
            table = table[:, None]
        if table.shape == (n_rows, 1) and self.positive is not None:
            other = next(name for name in self.classes if name != self.positive)
            columns = (self.positive, other)
            table = np.hstack([table, -table * 0 if self.logits else 1 - table])
        return self._probabilities(table, columns)

    def _probabilities(self, table: FloatArray, columns: tuple[str, ...]) -> FloatArray:
        if table.ndim != _ONE_BY_TWO or table.shape[1] != len(columns):
            raise PluginError(
                f"the answer has shape {table.shape}, wanted one column for each of {len(columns)} classes: "
                f"{_listed(columns)}",
                hint="serve probabilities (predict_proba), not class names or numbers; for one number a row "
                "set `positive`",
            )
        if self.logits and np.isfinite(table).all():
            table = softmax(table, axis=1)
        try:
            check_pred_probs(table)
        except InputError as error:
            raise PluginError(
                f"the answer is no table of probabilities: {error}", hint=_hint(error)
            ) from None
        return table[:, [columns.index(name) for name in self.classes]]

    def _table(self, answer: Any) -> FloatArray:
        first = answer[0] if len(answer) else None
        by_name = isinstance(first, dict) or (
            isinstance(first, list) and bool(first) and isinstance(first[0], dict)
        )
        rows = [self._by_name(row) for row in answer] if by_name else answer
        try:
            return np.asarray(rows, dtype=np.float64)
        except (TypeError, ValueError):
            raise PluginError(
                f"the answer holds something else than numbers: {str(first)[:80]!r}",
                hint="set `response` to where the probabilities are; each row needs the same number of them",
            ) from None

    def _by_name(self, row: Any) -> list[Any]:
        try:
            scores = row if isinstance(row, dict) else {entry["label"]: entry["score"] for entry in row}
            if set(scores) == set(self.columns):
                return [scores[name] for name in self.columns]
        except (LookupError, TypeError):
            scores = {}
        raise PluginError(
            f"a row of the answer names the classes {_listed(tuple(map(str, scores)))}, wanted "
            f"{_listed(self.columns)}",
            hint="a row may be a list of numbers, an object from class name to number, or a list of objects "
            "with `label` and `score`; every class must be there",
        )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")  # noqa: PLR2004 - a readable line


def _hint(error: InputError) -> str:
    if "sum to 1" in str(error):
        return "set `logits: true` where the model gives logits, or name another output"
    return "a row without probabilities cannot be judged: look at what the model does with such rows"
