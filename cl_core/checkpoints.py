"""Finished folds of a fit, kept for the next run: what is handed over and who takes it. Writes nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from cl_core.types import FloatArray, Indices, Labels


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """What fitting one fold gave.

    Attributes
    ----------
    seen
        Class numbers that the model learned, shape ``(c,)``.
    probs
        Probabilities of the rows held out, shape ``(held out, c)``.
    heard
        First sentences of what was warned of, each once.
    memo
        Numbers that the backend put down while it fitted this fold.
    """

    seen: Labels
    probs: FloatArray
    heard: tuple[str, ...] = ()
    memo: tuple[int, ...] = ()


class FoldKeeper(Protocol):
    """Keeps finished folds of one data set, model and version; whoever makes it sees to that."""

    def begin(self) -> int:
        """Return the number of a cross-validation that begins: 0 for the first one."""
        ...

    def find(self, number: int, train: Indices, test: Indices) -> Fold | None:
        """Return what cross-validation `number` found for these very rows, when it is kept and whole."""
        ...

    def keep(self, number: int, train: Indices, test: Indices, fold: Fold) -> None:
        """Keep a fold. What cannot be kept is let go: nothing is raised."""
        ...


_keeper: ContextVar[FoldKeeper | None] = ContextVar("keeper", default=None)


def fold_keeper() -> FoldKeeper | None:
    """Return who keeps folds here, or None."""
    return _keeper.get()


@contextmanager
def keeping_folds(keeper: FoldKeeper | None) -> Iterator[None]:
    """Let cross-validations inside the block keep their folds with `keeper`, and go on from what it has."""
    token = _keeper.set(keeper)
    try:
        yield
    finally:
        _keeper.reset(token)
