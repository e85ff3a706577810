"""Names of OpenLineage: which data set, which run, who says so. Reads the run's report, sends nothing."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cl_core.errors import PluginError
from cl_core.hooks import FinishedRun, UnfinishedRun
from cl_plugins.metrics.gauges import safe_name
from cl_plugins.metrics.measures import REPORT_FILE, Measures
from cl_plugins.publishers.metrics_options import OpenLineageOptions

# Schemes that OpenLineage names otherwise than people write them.
_SCHEMES = {
    "s3": "s3",
    "s3a": "s3",
    "gs": "gs",
    "gcs": "gs",
    "abfs": "abfs",
    "abfss": "abfss",
    "hdfs": "hdfs",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """What a run is called by lineage tools.

    Attributes
    ----------
    namespace, name
        Of the data set.
    job
        Name of the job.
    label
        The column of the given labels; empty where nobody named one.
    fingerprint
        Digest of the data set's content; empty where nobody knows.
    started, finished
        When, with a time zone.
    """

    namespace: str
    name: str
    job: str
    label: str
    fingerprint: str
    started: datetime
    finished: datetime


def identity_of(run: FinishedRun, measures: Measures, options: OpenLineageOptions) -> Identity:
    """Name the run as other lineage tools would, as far as its report says where the rows came from."""
    report = _report(run.folder / REPORT_FILE)
    settings = report.get("settings", {})
    finished = datetime.fromtimestamp(measures.finished, UTC)
    started = finished
    if run.started_at:
        started = datetime.fromisoformat(run.started_at)
    elif "run" in report:
        started = finished - timedelta(seconds=max(0.0, report["run"]["seconds"]))
    found = _identity(
        run.dataset, settings.get("data", {}), settings.get("base"), (started, finished), options
    )
    return replace(found, fingerprint=str(report.get("data", {}).get("fingerprint", "")))


def identity_of_unfinished(run: UnfinishedRun, options: OpenLineageOptions) -> Identity:
    """Name a run as `identity_of` does once it has a verdict; `finished` is the moment that is told of."""
    moments = datetime.fromisoformat(run.started_at), datetime.fromisoformat(run.told_at)
    return _identity(run.dataset, run.data, run.base, moments, options)


def _identity(
    dataset: str,
    data: Mapping[str, Any],
    base: Any,
    moments: tuple[datetime, datetime],
    options: OpenLineageOptions,
) -> Identity:
    namespace, name = dataset_name(data.get("path"), base)
    if not namespace:
        namespace, name = options.namespace, safe_name(dataset)
    return Identity(
        options.dataset_namespace or namespace,
        options.dataset_name or name,
        options.job or f"label_gate.{safe_name(dataset)}",
        str(data.get("label") or ""),
        "",
        *moments,
    )


def dataset_name(path: Any, base: Any) -> tuple[str, str]:
    """Return namespace and name of the data at `path`, by OpenLineage's rules; empty where they have none.

    A path with a hidden part, ``${NAME}``, is not told.
    """
    if not isinstance(path, str) or not path or "${" in path:
        return "", ""
    parts = urlsplit(path)
    if parts.scheme == "file" and not parts.netloc:
        return "file", os.path.normpath(parts.path)
    if "://" not in path:
        return "file", os.path.normpath(Path(str(base or "")).absolute() / path)
    if parts.scheme not in _SCHEMES or not parts.hostname:
        return "", ""
    host = parts.netloc
    if not parts.scheme.startswith("abfs"):  # there the container stands before the host, else a user
        host = host.rpartition("@")[2]
    elif ":" in host.partition("@")[0]:
        return "", ""
    return f"{_SCHEMES[parts.scheme]}://{host}", parts.path.lstrip("/") or "/"


def _report(path: Path) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise PluginError(
            f"{path} cannot be read as the report of a run: {type(error).__name__} {error}",
            hint="only labelgate may write it: run the gate again, or remove the run's folder",
        ) from error
    return found
