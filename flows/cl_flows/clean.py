"""The clean split: the rows to go on with and the rows set aside, none of them lost. Judges nothing."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cl_core.dataset import Dataset
from cl_core.errors import GateError
from cl_core.evidence import Evidence
from cl_core.media import MediaFiles
from cl_core.types import Mask
from cl_core.verdict import Judgement
from cl_flows.policy_config import CleanSection
from cl_plugins.stored_rows import arrow_ready, mixed_columns

KEPT_FILE, QUARANTINED_FILE, RECORD_FILE = "kept.parquet", "quarantined.parquet", "quarantine.json"


@dataclass(frozen=True, slots=True)
class CleanSplit:
    """What became of the rows of the input.

    Attributes
    ----------
    rule
        Which rows were set aside.
    rows
        Rows of the input: kept, quarantined and unlabelled ones together.
    kept, quarantined, unlabelled
        How many of each; rows without a label are in neither file.
    status
        The verdict of the run.
    notes
        What people should know before they go on with the kept rows, a sentence each.
    kept_file, quarantined_file
        Names of the files in the run's folder.
    """

    rule: str
    rows: int
    kept: int
    quarantined: int
    unlabelled: int
    status: str
    notes: tuple[str, ...] = ()
    kept_file: str = KEPT_FILE
    quarantined_file: str = QUARANTINED_FILE

    @property
    def says(self) -> str:
        """The split as a sentence."""
        left = f", {self.unlabelled:,} without a label in neither file" if self.unlabelled else ""
        return f"{self.kept:,} rows kept, {self.quarantined:,} quarantined ({self.rule}){left}."


def write_clean(
    section: CleanSection, dataset: Dataset, evidence: Evidence, judgement: Judgement, folder: Path
) -> CleanSplit:
    """Write kept.parquet, quarantined.parquet and quarantine.json into `folder`, whatever the verdict."""
    aside, rule = quarantined_rows(evidence.scored, section)
    table, notes = known_columns(dataset)
    split = CleanSplit(
        rule=rule,
        rows=dataset.n_rows + dataset.n_unlabelled,
        kept=int((~aside).sum()),
        quarantined=int(aside.sum()),
        unlabelled=dataset.n_unlabelled,
        status=judgement.verdict.status,
        notes=(*notes, *_doubts(dataset, evidence, judgement)),
    )
    _write(table[~aside], folder / KEPT_FILE)
    _write(_with_reasons(table, evidence.scored, aside, rule), folder / QUARANTINED_FILE)
    text = json.dumps(asdict(split), indent=2, ensure_ascii=False)
    (folder / RECORD_FILE).write_text(text, encoding="utf-8")
    return split


def quarantined_rows(scored: pd.DataFrame, section: CleanSection) -> tuple[Mask, str]:
    """Return which rows the rule sets aside, shape (n,), and the rule in words.

    Rows of equal quality share their fate, so that no order of rows matters: ``worst`` sets aside at most
    the share it names.
    """
    quality = scored["label_quality"].to_numpy(dtype=np.float64)
    if section.worst is not None:
        rule = f"the worst {section.worst * 100:.4g}% by label quality"
        most = int(np.floor(section.worst * len(quality) + 1e-9))
        if most >= len(quality):
            return np.ones(len(quality), dtype=bool), rule
        return quality < np.partition(quality, most)[most], rule
    if section.quality_below is not None:
        return quality < section.quality_below, f"label quality below {section.quality_below:.4g}"
    return scored["is_label_issue"].to_numpy(dtype=bool), "flagged as label issues"


def known_columns(dataset: Dataset) -> tuple[pd.DataFrame, list[str]]:
    """Return the input's own columns; of an input that is no table, what is known of each row."""
    if dataset.source is not None:
        mixed = mixed_columns(dataset.source)
        said = [f"columns of mixed types were written as text: {', '.join(map(str, mixed))}"] if mixed else []
        return arrow_ready(dataset.source.reset_index(drop=True)), said
    labels = np.asarray(dataset.classes, dtype=object)[dataset.labels]
    columns: dict[str, Any] = {"id": np.asarray(dataset.ids), "label": labels}
    match dataset.features:
        case MediaFiles() as files:
            columns["path"] = [files.location(i) for i in range(len(files))]
        case pd.DataFrame() as table:
            columns = {**arrow_ready(table.reset_index(drop=True)), **columns}
        case list() as texts:
            columns["text"] = texts
        case _:
            pass
    return pd.DataFrame(columns), ["the input is no table: its rows are given by id and label"]


def _with_reasons(table: pd.DataFrame, scored: pd.DataFrame, aside: Mask, rule: str) -> pd.DataFrame:
    """Return the quarantined rows, with why beside the input's own columns."""
    found = scored[aside].reset_index(drop=True)
    out = table[aside].reset_index(drop=True)
    reasons = found["reasons"].where(found["reasons"] != "", rule)
    added = {
        "labelgate_id": found["id"],
        "labelgate_rank": found["rank"],
        "labelgate_quality": found["label_quality"],
        "labelgate_suggested_label": found["suggested_label"],
        "labelgate_reason": reasons,
    }
    for name, values in added.items():
        free = name
        while free in out.columns:
            free += "_"
        out[free] = values
    return out


def _doubts(dataset: Dataset, evidence: Evidence, judgement: Judgement) -> list[str]:
    doubts = []
    if dataset.n_unlabelled:
        doubts.append(f"clean split: rows without a label ({dataset.n_unlabelled:,}) are in neither file")
    if judgement.verdict.status == "undecided":
        doubts.append("the verdict is undecided: do not take the kept rows for clean")
    elif not evidence.noise.identified:
        doubts.append("the data do not pin the noise rate down: do not take the kept rows for clean")
    return doubts


def _write(table: pd.DataFrame, path: Path) -> None:
    try:
        table.to_parquet(path, index=False)
    except (ValueError, TypeError) as error:  # Arrow's own errors are among these
        raise GateError(
            f"the clean split could not be written: {error}",
            hint="Parquet has no type for a column of the input; leave `clean` out, or convert the column",
        ) from error
