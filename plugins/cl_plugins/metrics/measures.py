"""The figures of one finished gate that monitoring wants, in a record. No names of metrics, no formats."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cl_core.baseline import ClassFigures
from cl_core.errors import PluginError
from cl_core.hooks import FinishedRun

STATUSES = ("passed", "failed", "undecided")
WAIVER_STATES = ("used", "idle", "expired")
REPORT_FILE = "report.json"


@dataclass(frozen=True, slots=True)
class Reported:
    """What a run's report.json knows beside the estimate; None and empty: nobody knows.

    Attributes
    ----------
    limit
        The noise rate that may not be exceeded; None where no check holds one.
    n_rows, n_unlabelled, n_flagged
        Rows judged, rows without a label, and rows called a label issue, which are the suspects.
    n_warnings
        Checks that object and only warn.
    accuracy
        The model's out-of-sample accuracy; None where it has none.
    seconds
        How long the run took.
    waivers, checks
        Number of waivers by state; the outcome of every check by its name.
    engine, version
        Who ran the steps, and labelgate's version.
    """

    limit: float | None
    n_rows: int
    n_unlabelled: int | None
    n_flagged: int
    n_warnings: int | None
    accuracy: float | None
    seconds: float
    waivers: Mapping[str, int]
    checks: Mapping[str, str]
    engine: str
    version: str


@dataclass(frozen=True, slots=True)
class Measures:
    """What one finished gate measured.

    Attributes
    ----------
    dataset, status
        Name of the data set; ``passed``, ``failed`` or ``undecided``.
    rate, low, high
        Estimated share of wrong labels and its interval, in 0..1.
    finished
        When the run ended, seconds since 1970.
    method
        How the rate was estimated.
    classes
        Every class with its share of wrong labels; empty where nobody kept them.
    report
        What else is known of the run; None where its report is gone.
    """

    dataset: str
    status: str
    rate: float
    low: float
    high: float
    finished: float
    method: str
    classes: tuple[ClassFigures, ...] = ()
    report: Reported | None = None


def measures_of(run: FinishedRun) -> Measures:
    """Gather the figures of a run that has just finished."""
    figures = run.figures
    ended = run.finished_at if figures is None else figures.finished_at
    return Measures(
        dataset=run.dataset,
        status=run.judgement.verdict.status,
        rate=run.noise.rate,
        low=run.noise.low,
        high=run.noise.high,
        finished=moment(ended) if ended else time.time(),
        method=run.noise.method,
        classes=() if figures is None else figures.classes or (),
        report=read_report(run.folder / REPORT_FILE),
    )


def read_report(path: Path) -> Reported | None:
    """Read the report.json of a run; None where there is none any more.

    Raises
    ------
    PluginError
        Where the file cannot be read, or is no report.
    """
    try:
        return _reported(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PluginError(
            f"{path} cannot be read as the report of a run: {type(error).__name__} {error}",
            hint="only labelgate may write it: run the gate again, or remove the run's folder",
        ) from error


def _reported(report: Mapping[str, Any]) -> Reported:
    run, data, policy = report["run"], report["data"], report["policy"]
    states = [waiver["state"] for waiver in policy["waivers"]]
    return Reported(
        limit=report["noise"]["limit"],
        n_rows=data["rows"],
        n_unlabelled=data["rows_without_label"],
        n_flagged=report["flagged"],
        n_warnings=len(policy["warnings"]),
        accuracy=report["model"]["accuracy"],
        seconds=run["seconds"],
        waivers={state: states.count(state) for state in WAIVER_STATES},
        checks={check["name"]: check["status"] for check in report["checks"]},
        engine=run["engine"],
        version=run["labelgate"],
    )


def moment(text: str) -> float:
    """Return an ISO 8601 moment as seconds since 1970; one without a time zone is UTC."""
    when = datetime.fromisoformat(text)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
