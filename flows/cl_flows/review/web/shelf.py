"""Finished runs as the pages want them: found by their whole id, and kept open while people look."""

from pathlib import Path

from starlette.requests import Request

from cl_core.errors import InputError
from cl_flows.database.place import Database, history_in
from cl_flows.history import HistoryRow, read_history

_MOST_RUNS = 500


class NotThereError(InputError):
    """There is no such run or row."""


class Shelf:
    """The runs of a results folder."""

    def __init__(self, output: Path) -> None:
        self.output = output

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

    def folder(self, run_id: str) -> Path:
        """Return the folder of a run. The id is looked up among those that are there, never put in a path."""
        for found in self.output.glob("[0-9]*-*"):
            if found.name == run_id and found.is_dir():
                return found
        raise NotThereError("there is no such run", hint="the list of runs shows what is there")


def shelf_of(request: Request) -> Shelf:
    """Return the shelf of the application that a request came to."""
    shelf = request.app.state.shelf
    assert isinstance(shelf, Shelf)  # noqa: S101 - what mypy cannot know
    return shelf
