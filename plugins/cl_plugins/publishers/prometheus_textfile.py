"""Leaves a finished run's metrics in a folder that node_exporter reads. One file a data set, no server."""

import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from cl_core.errors import ConfigError
from cl_core.hooks import FinishedRun
from cl_plugins.metrics.gauges import gauges
from cl_plugins.metrics.measures import measures_of
from cl_plugins.publishers.metrics_options import PrometheusTextfileOptions

_SUFFIX = ".prom"  # what node_exporter looks for; a file half written must not end in it
_LONGEST_SLUG = 60
_READABLE = 0o644  # node_exporter runs as somebody else


def prometheus_textfile(run: FinishedRun, options: PrometheusTextfileOptions) -> None:
    """Replace the data set's file as a whole: a reader sees the old one or the new one."""
    from cl_plugins.metrics.exposition import exposition

    path = options.folder / file_name(run.dataset)
    text = exposition(gauges([measures_of(run)]))
    try:
        options.folder.mkdir(parents=True, exist_ok=True)
        _replace(path, text)
    except OSError as error:
        raise ConfigError(
            f"the metrics could not be written to {str(path)!r}: {error.strerror or error}",
            hint="give prometheus_textfile a folder that may be written",
        ) from error


def file_name(dataset: str) -> str:
    """Return the file of a data set: readable, and another one for every other name."""
    slug = re.sub(r"[^a-z0-9]+", "-", dataset.lower()).strip("-")[:_LONGEST_SLUG]
    digest = hashlib.sha256(dataset.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"labelgate-{slug or 'data'}-{digest}{_SUFFIX}"


def _replace(path: Path, text: bytes) -> None:
    handle, name = mkstemp(prefix=f".{path.stem}-", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(handle)
        os.chmod(name, _READABLE)  # noqa: PTH101 - a name, like the rest here
        os.replace(name, path)  # noqa: PTH105 - Path.replace hides that this is atomic
    except BaseException:
        with suppress(OSError):
            os.unlink(name)  # noqa: PTH108 - likewise
        raise
