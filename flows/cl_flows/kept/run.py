"""A finished run as it lies on disk, opened again: its report, configuration and rows. Changes nothing."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cl_core.dataset import Dataset
from cl_core.errors import ConfigError
from cl_flows.database.place import history_in
from cl_flows.kept.places import RUN_FILE, rows_folder
from cl_flows.runs import find_run
from cl_plugins.stored_rows import map_dataset

_HINT = "gate the data again: output.keep_rows (true unless set) and keep_rows_gigabytes say what is kept"


@dataclass(frozen=True, slots=True, eq=False)
class KeptRun:
    """A finished run.

    Attributes
    ----------
    run_id, folder
        Its id and where it lies.
    report
        What ``report.json`` says.
    classes
        Class names in the order of the class numbers.
    config
        The configuration as written, secrets hidden; see `config_of`.
    rows
        Folder of the rows it judged; None where they were not kept.
    why_no_rows
        Why they were not kept; empty where they were.
    """

    run_id: str
    folder: Path
    report: dict[str, Any]
    classes: tuple[str, ...]
    config: dict[str, Any]
    rows: Path | None = None
    why_no_rows: str = ""

    @property
    def dataset_name(self) -> str:
        """What people call the data set."""
        return str(self.report["data"]["name"])

    @property
    def fingerprint(self) -> str:
        """Digest of the content of the rows, under which decisions and audits are kept."""
        return str(self.report["data"]["fingerprint"])

    def has_rows(self) -> bool:
        """Whether the rows are there to be looked at."""
        return self.rows is not None and self.rows.is_dir()

    def rows_folder(self) -> Path:
        """Return the folder of the rows; `ConfigError` where they were not kept, or are gone."""
        if self.rows is None:
            raise ConfigError(
                f"run {self.run_id} did not keep its rows: "
                f"{self.why_no_rows or 'it was made by an older labelgate'}",
                hint=_HINT,
            )
        if not self.rows.is_dir():
            raise ConfigError(f"the rows that run {self.run_id} kept are gone: {self.rows}", hint=_HINT)
        return self.rows

    def dataset(self) -> Dataset:
        """Open the rows for looking at single ones, nothing of them read yet."""
        return map_dataset(self.rows_folder())


def open_kept(output: Path, wanted: str) -> KeptRun:
    """Open the run in `output` whose id begins with `wanted`; ``last`` is the newest one.

    Raises
    ------
    ConfigError
        When no run, or more than one, is called so, or it was pruned, or is damaged.
    """
    try:
        folder = find_run(output, wanted)
    except ConfigError:
        from cl_flows.retention import refuse_gone  # which itself looks at what runs keep

        refuse_gone(history_in(output), wanted)
        raise
    try:
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        if not (folder / RUN_FILE).exists():
            classes = tuple(str(row["label"]) for row in report["classes"]["rows"])
            return KeptRun(folder.name, folder, report, classes, dict(report.get("settings", {})))
        kept = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
        rows = rows_folder(output, kept["rows"]["folder"]) if kept["rows"] else None
        return KeptRun(
            run_id=folder.name,
            folder=folder,
            report=report,
            classes=tuple(kept["classes"]),
            config=kept["config"],
            rows=rows,
            why_no_rows=kept.get("why_no_rows") or "",
        )
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise ConfigError(
            f"run {folder.name} is damaged: {type(fault).__name__}: {fault}",
            hint="restore its folder from a copy, or gate the data again",
        ) from fault
