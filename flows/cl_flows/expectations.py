"""Great Expectations around the verdict: a process that warms up early and is asked once or twice."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from cl_checks import reconcile, request_for
from cl_checks.gx.own_suite import SuiteRequest, broken_limits, listed
from cl_checks.gx.process import ExpectationsProcess
from cl_core.dataset import Dataset
from cl_core.errors import ConfigError, InputError
from cl_core.evidence import Evidence
from cl_core.verdict import Judgement
from cl_flows.config import GateConfig
from cl_flows.outcome import SuiteFailed
from cl_flows.progress import report_progress

# Its import alone takes 5 to 9 seconds of one core; a table of ten million rows about 20 more.
_TIMEOUT_S = 300.0

_PAGE, _SUITE_PAGE, _SUITE_FILE = (
    "great_expectations.html",
    "great_expectations_suite.html",
    "great_expectations_suite.json",
)


@contextmanager
def expectations_worker(*, wanted: bool) -> Iterator[ExpectationsProcess | None]:
    """Start Great Expectations now, so that it is ready when the verdict is."""
    if not wanted:
        yield None
        return
    with ExpectationsProcess() as worker:
        yield worker


def own_suite_first(
    config: GateConfig, dataset: Dataset, folder: Path, worker: ExpectationsProcess | None
) -> Dataset:
    """Run the person's own suite over the raw table and return the data set with what it said as notes.

    Raises
    ------
    SuiteFailed
        When an expectation of severity ``critical`` is not met: no label is looked at then.
    GateError, ConfigError
        When the suite could not be run in full, which is neither a pass nor a failure.
    """
    asked = config.gate.great_expectations
    if asked.suite is None or worker is None:
        return dataset
    report_progress(0, 1, "running your suite")
    in_context = asked.context is not None
    table = folder / "own_table.parquet"
    _write(dataset, table)
    request = SuiteRequest(
        str(table),
        asked.suite if in_context else str(config.base / asked.suite),
        folder.name.strip("."),
        str(config.base / asked.context) if asked.context is not None else None,
        asked.imports,
        asked.parameters,
        str(folder / _SUITE_PAGE) if asked.data_docs else None,
    )
    document = worker.validate(request, timeout_s=_TIMEOUT_S)
    table.unlink()
    (folder / _SUITE_FILE).write_text(json.dumps(document, indent=2, allow_nan=False), encoding="utf-8")
    blocking, warnings = broken_limits(document)
    if blocking:
        failed = SuiteFailed(
            f"data set {dataset.name!r} does not meet the suite {asked.suite}: {listed(blocking)}",
            hint="mend the data, or the suite; no label was judged",
        )
        failed.dataset = dataset.name
        raise failed
    said = f"the suite {asked.suite} is met: {len(document['expectations'])} expectations"
    report_progress(1, 1, said)
    return replace(dataset, notes=(*dataset.notes, said, *warnings))


def cross_checked(
    config: GateConfig,
    judgement: Judgement,
    evidence: Evidence,
    scored: Path,
    worker: ExpectationsProcess | None,
) -> Judgement:
    """Return the judgement with Great Expectations' agreement on record; a disagreement raises."""
    if worker is None:
        return judgement
    request = request_for(
        judgement,
        scored=scored,
        n_rows=evidence.n_rows,
        run_name=scored.parent.name.strip("."),
        data_docs=scored.parent / _PAGE if config.gate.great_expectations.data_docs else None,
        n_flagged=evidence.n_flagged,
    )
    return reconcile(judgement, worker.validate(request, timeout_s=_TIMEOUT_S))


def _write(dataset: Dataset, path: Path) -> None:
    table: Any = dataset.source if dataset.source is not None else dataset.features
    if not isinstance(table, pd.DataFrame):
        raise ConfigError(
            f"data set {dataset.name!r} is {dataset.modality} data and no table that a suite could run on",
            hint="take gate.great_expectations.suite out, or load a table",
        )
    try:
        table.to_parquet(path)
    except (ValueError, TypeError) as error:
        raise InputError(
            f"the table of {dataset.name!r} cannot be handed to your suite: {error}",
            hint="a column mixes types: give each column one",
        ) from error
