"""Files that leave the review: patch, corrected data set, tasks of other tools. Made when asked for."""

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import APIRouter
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from cl_flows.review.export import export_corrected
from cl_flows.review.export.kept_rows import ending_for
from cl_flows.review.filter import RowFilter
from cl_flows.review.frozen import frozen_page
from cl_flows.review.patch import write_patch
from cl_flows.review.standing import Standing
from cl_flows.review.tasks.argilla import write_argilla
from cl_flows.review.tasks.label_studio import write_label_studio
from cl_flows.review.web.guard import Refused
from cl_flows.review.web.shelf import Opened, shelf_of

router = APIRouter()

_MOST_ENDING = 12


@router.get("/runs/{run_id}/export/patch.csv")
def patch(request: Request, run_id: str) -> Response:
    """Give the settled rows as a patch."""
    rows = settled(shelf_of(request).opened(run_id)).settled()

    def write(folder: Path) -> Path:
        target = folder / f"corrections-{run_id}.csv"
        write_patch(target, rows)
        return target

    return _sent(write)


@router.get("/runs/{run_id}/export/corrected")
def corrected(request: Request, run_id: str) -> Response:
    """Give the corrected data set in the form it came in; its name tells where it had to be the kept rows."""
    run = shelf_of(request).opened(run_id)
    found = settled(run)

    def write(folder: Path) -> Path:
        target = folder / f"corrected-{run_id}{_ending(run)}"
        made = export_corrected(run.index.run, found, target)
        path = Path(made.path)
        if made.from_source:
            return path
        return path.rename(path.with_name(f"corrected-from-kept-rows-{run_id}{path.suffix}"))

    return _sent(write)


@router.get("/runs/{run_id}/export/label-studio.zip")
def label_studio(request: Request, run_id: str) -> Response:
    """Give the suspects as tasks of Label Studio, with the model's predictions and the interface."""
    run = shelf_of(request).opened(run_id)
    dataset = run.index.run.dataset()

    def write(folder: Path) -> Path:
        target = folder / f"label-studio-{run_id}"
        target.mkdir()
        write_label_studio(target / "tasks.json", run.index, dataset, run.index.find(RowFilter(flagged=True)))
        return target

    return _sent(write)


@router.get("/runs/{run_id}/export/argilla.zip")
def argilla(request: Request, run_id: str) -> Response:
    """Give the suspects as a data set of Argilla, with the model's suggestions."""
    run = shelf_of(request).opened(run_id)
    dataset = run.index.run.dataset()

    def write(folder: Path) -> Path:
        target = folder / f"argilla-{run_id}"
        write_argilla(target, run.index, dataset, run.index.find(RowFilter(flagged=True)))
        return target

    return _sent(write)


@router.get("/runs/{run_id}/export/report.html")
def report(request: Request, run_id: str) -> Response:
    """Give the run's page with what people decided, frozen in one file."""
    shelf = shelf_of(request)
    shelf.opened(run_id)

    def write(folder: Path) -> Path:
        target = folder / f"report-{run_id}.html"
        target.write_text(frozen_page(shelf.output, shelf.database, run_id), encoding="utf-8")
        return target

    return _sent(write)


def settled(run: Opened) -> Standing:
    """Return what people settled; refuse where that is nothing."""
    found = run.record.standing()
    if not found.settled():
        raise Refused(409, "nobody settled a label yet", "decide about some rows first")
    return found


def _ending(run: Opened) -> str:
    """Return how the source's name ends; for no file, an ending that can hold its rows."""
    said = run.index.run.config.get("data", {}).get("path")
    endings = Path(said).suffixes[-2:] if isinstance(said, str) else []
    ending = "".join(endings if endings[-1:] == [".gz"] else endings[-1:])
    if 0 < len(ending) <= _MOST_ENDING and ending.isascii() and ending.replace(".", "").isalnum():
        return ending
    made = ending_for(run.dataset) if run.dataset is not None and run.dataset.modality != "image" else ""
    return made or ".csv"


def _sent(write: Callable[[Path], Path]) -> Response:
    """Write a file, or a folder that is packed, send it, and remove it."""
    folder = TemporaryDirectory(prefix="labelgate-export-")
    try:
        target = write(Path(folder.name))
        if target.is_dir():
            target = Path(shutil.make_archive(str(target), "zip", target))
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(
        target,
        filename=target.name,
        media_type="application/octet-stream",
        background=BackgroundTask(folder.cleanup),
    )
