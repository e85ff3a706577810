"""Finished runs as the pages want them: found by their whole id, and kept open while people look."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import Request

from cl_core.dataset import Dataset
from cl_core.errors import InputError
from cl_flows.database.connect import writing
from cl_flows.database.place import Database, history_in, is_there
from cl_flows.history import HistoryRow, read_history
from cl_flows.kept.run import open_kept
from cl_flows.review.decisions import RunKey
from cl_flows.review.index import RunIndex
from cl_flows.review.web.earlier import Earlier
from cl_flows.review.web.record import Record

_MOST_RUNS = 500
# Rows of the runs that stay open: a million take some hundred megabytes. A small run takes something whatever
# its rows (files, words of its texts), and counts as so many.
_OPEN_ROWS = 3_000_000
_ROWS_OF_A_SMALL_RUN = 100_000


class NotThereError(InputError):
    """There is no such run or row."""


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A run that people look at: its rows, what was decided, and what the rows hold (None: not kept)."""

    index: RunIndex
    record: Record
    earlier: Earlier
    dataset: Dataset | None
    comparing: threading.Lock = field(default_factory=threading.Lock)

    @property
    def key(self) -> RunKey:
        """What decisions on this run are filed under."""
        data = self.index.run.report["data"]
        return RunKey(self.index.run.run_id, data["fingerprint"], data["name"])


class Shelf:
    """The runs of a results folder."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self._lock = threading.Lock()
        self._opened: OrderedDict[str, Opened] = OrderedDict()

    @property
    def database(self) -> Database:
        """Where history and decisions are kept."""
        return history_in(self.output)

    def history(self, dataset: str | None = None) -> list[HistoryRow]:
        """Return the newest runs first."""
        return read_history(self.database, dataset=dataset, limit=_MOST_RUNS)

    def on_disk(self) -> frozenset[str]:
        """Ids of the runs whose folder is there."""
        return frozenset(p.name for p in self.output.glob("[0-9]*-*") if p.is_dir())

    def opened(self, run_id: str) -> Opened:
        """Open a run, with everything decided by now."""
        if run_id not in self.on_disk():
            raise NotThereError("there is no such run", hint="the list of runs shows what is there")
        with self._lock:
            found = self._opened.get(run_id) or self._open(run_id)
            self._opened[run_id] = found
            self._opened.move_to_end(run_id)
            while len(self._opened) > 1 and self._rows_open() > _OPEN_ROWS:
                self._opened.popitem(last=False)
        found.record.refresh()
        return found

    def get_ready(self) -> None:
        """Bring history up to date once, so that looking at it costs no copy of it."""
        if is_there(self.database):
            with writing(self.database):
                pass

    def _rows_open(self) -> int:
        return sum(max(one.index.n_rows, _ROWS_OF_A_SMALL_RUN) for one in self._opened.values())

    def _open(self, run_id: str) -> Opened:
        run = open_kept(self.output, run_id)
        index = RunIndex(run)
        record = Record(self.database, index.run.report["data"]["fingerprint"], index.n_rows)
        return Opened(index, record, Earlier(self.database, index), run.dataset() if run.has_rows() else None)


def shelf_of(request: Request) -> Shelf:
    """Return the shelf of the application that a request came to."""
    shelf = request.app.state.shelf
    assert isinstance(shelf, Shelf)  # noqa: S101 - what mypy cannot know
    return shelf
