"""Reads the newest run of every data set from history, with its report where that still lies there."""

from collections.abc import Collection
from pathlib import Path

from cl_core.baseline import ClassFigures
from cl_core.errors import LabelgateError
from cl_flows.baselines import find_baseline
from cl_flows.database.place import Database, history_in
from cl_flows.history import HistoryRow, read_history
from cl_plugins.metrics.gauges import gauges
from cl_plugins.metrics.measures import REPORT_FILE, Measures, Reported, moment, read_report

# Beyond this, a data set that nobody gated for so many runs of others shows no more.
_MOST_RUNS = 100_000


def current_metrics(output: Path, *, without: Collection[str] = ()) -> bytes:
    """Return the metrics of the newest run of every data set, in Prometheus' text format.

    Parameters
    ----------
    output
        Folder of runs and history.
    without
        Data sets to leave out, such as those that are gated no more.
    """
    from cl_plugins.metrics.exposition import exposition

    return exposition(gauges(newest_measures(output, without=without)))


def newest_measures(output: Path, *, without: Collection[str] = ()) -> list[Measures]:
    """Return the figures of the newest run of every data set, by name."""
    database = history_in(output)
    newest: dict[str, HistoryRow] = {}
    for row in read_history(database, limit=_MOST_RUNS):
        newest.setdefault(row.dataset, row)
    return [_measures(output, newest[name]) for name in sorted(set(newest) - set(without))]


def _measures(output: Path, row: HistoryRow) -> Measures:
    return Measures(
        dataset=row.dataset,
        status=row.status,
        rate=row.noise_rate,
        low=row.low,
        high=row.high,
        finished=moment(row.finished_at),
        method=row.method,
        classes=_classes(history_in(output), row),
        report=_report(output / row.run_id / REPORT_FILE) or _remembered(row),
    )


def _classes(database: Database, row: HistoryRow) -> tuple[ClassFigures, ...]:
    figures = find_baseline(database, row.dataset, wanted=row.run_id)
    return () if figures is None else figures.classes or ()


def _report(path: Path) -> Reported | None:
    """Read the report; one that is spoiled tells no more than one that is gone: history has the verdict."""
    try:
        return read_report(path)
    except LabelgateError:
        return None


def _remembered(row: HistoryRow) -> Reported:
    """Return what history itself knows of a run whose report is gone."""
    return Reported(
        limit=row.max_noise_rate,
        n_rows=row.n_rows,
        n_unlabelled=None,
        n_flagged=row.n_flagged,
        n_warnings=None,
        accuracy=None,
        seconds=moment(row.finished_at) - moment(row.started_at),
        waivers={},
        checks={},
        engine=row.engine,
        version=row.version,
    )
