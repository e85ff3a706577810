"""Leaves with a run what review and a second gate need. Whatever goes wrong here, the verdict stands."""

import json
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cl_core.dataset import Dataset, Predictions
from cl_core.evidence import Evidence
from cl_core.media import Clips, MediaFiles
from cl_flows.hidden import without_secrets
from cl_flows.kept.places import INDEX, JOINT_FILE, RUN_FILE, rows_folder, rows_lock
from cl_flows.kept.top import top_classes
from cl_flows.locks import ProcessLock
from cl_flows.plan import Plan
from cl_flows.runs import RunFolder, rows_to_keep
from cl_flows.shown_settings import shown_settings
from cl_plugins.stored_rows import digest_of_rows, save_dataset, write_table

logger = logging.getLogger(__name__)

# Rows are put in their place by a rename, and removed by one: nobody holds the lock for long.
_WAIT_S = 30.0
# Probabilities that came with the data may take this share of the bound: the rows come first.
_PROBABILITIES_SHARE = 0.1
_MOST_INT32 = 2**31


class _NotKeptError(Exception):
    """Why the rows were not kept; reaches the report as a note."""


@dataclass(frozen=True, slots=True)
class Staged:
    """What lies ready in a run's hidden folder.

    Attributes
    ----------
    name
        Digest of the rows, by which their folder is called; empty where none are kept.
    notes
        What people should know, one sentence each.
    """

    name: str
    notes: tuple[str, ...] = ()


def stage(
    plan: Plan, run: RunFolder, dataset: Dataset, predictions: Predictions, evidence: Evidence
) -> Staged:
    """Write what this run leaves for later into its hidden folder."""
    staged = _stage_rows(plan, run, dataset)
    write_index(evidence, predictions.pred_probs, run.partial / f"{INDEX}.arrow")
    write_joint(evidence.confident_joint, run.partial / JOINT_FILE)
    config = {**shown_settings(plan), "base": str(plan.config.base.resolve())}
    record = {
        "config": config,
        "classes": list(dataset.classes),
        "rows": {"folder": staged.name} if staged.name else None,
        "why_no_rows": " ".join(staged.notes) if not staged.name else None,
        "base": config["base"],
    }
    (run.partial / RUN_FILE).write_text(json.dumps(record, indent=1), encoding="utf-8")
    return staged


def write_index(evidence: Evidence, pred_probs: Any, path: Path) -> None:
    """Write what review reads of every row, in numbers, to be read in place: a row in the data's order.

    Labels are class numbers (`given`, `suggested`), in as few bytes as they take; `quality`, `flagged` and
    `rank` are those of the scored table; `class_1`, `p_1` and so on are the most probable classes.
    """
    import pyarrow as pa

    scored = evidence.scored
    given, suggested = (
        pd.Categorical(scored[name], categories=list(evidence.classes)).codes
        for name in ("given_label", "suggested_label")
    )
    columns = {
        "given": given,
        "suggested": suggested,
        "quality": scored["label_quality"].to_numpy(),
        "flagged": scored["is_label_issue"].to_numpy(),
        "rank": scored["rank"].to_numpy().astype(np.int32 if len(scored) < _MOST_INT32 else np.int64),
    }
    classes, probs = top_classes(pred_probs)
    for place in range(classes.shape[1]):
        columns[f"class_{place + 1}"] = classes[:, place].astype(given.dtype)
        columns[f"p_{place + 1}"] = np.ascontiguousarray(probs[:, place])
    write_table(pa.table(columns), path)


def write_joint(counts: Any, path: Path) -> None:
    """Write the cells of the confident joint that are not zero."""
    given, true = np.nonzero(counts)
    columns = {"given": given.astype(np.int32), "true": true.astype(np.int32), "rows": counts[given, true]}
    pd.DataFrame(columns).to_parquet(path, index=False)


def _stage_rows(plan: Plan, run: RunFolder, dataset: Dataset) -> Staged:
    output = plan.config.output
    if not output.keep_rows:
        return Staged("", ("rows were not kept for review: output.keep_rows is false",))
    try:
        folder = _saved(dataset, rows_to_keep(run), int(output.keep_rows_gigabytes * 1e9))
        return Staged(digest_of_rows(folder))
    except _NotKeptError as reason:
        return Staged("", (f"rows were not kept for review: {reason}",))
    # A loader of somebody's own may hand on what no file has a form for, and disks are full at times.
    except Exception as error:
        logger.warning("rows were not kept for review", exc_info=error)
        return Staged("", (f"rows were not kept for review: {type(error).__name__}: {error}",))


def _saved(dataset: Dataset, folder: Path, most: int) -> Path:
    """Return the folder of the rows: as the Prefect engine's first step left it, or written now."""
    _refuse_secret_place(dataset.features)
    probabilities = 0 if dataset.pred_probs is None else dataset.pred_probs.nbytes
    lean = dataset.features is not None and probabilities > most * _PROBABILITIES_SHARE
    needed = _bytes_of(dataset) + (0 if lean else probabilities)
    if needed > most:
        raise _NotKeptError(_too_large(needed, most))
    if not folder.exists():
        save_dataset(dataset, folder, with_probabilities=not lean)
    elif lean:
        (folder / "pred_probs.npy").unlink()
    size = sum(file.stat().st_size for file in folder.iterdir())
    if size > most:
        raise _NotKeptError(_too_large(size, most))
    return folder


def _too_large(size: int, most: int) -> str:
    return f"{size / 1e9:,.1f} GB are more than output.keep_rows_gigabytes ({most / 1e9:g})"


def _bytes_of(dataset: Dataset) -> int:
    """Bytes of the arrays, as far as they are known before anything is written."""
    match dataset.features:
        case np.ndarray() as array:
            return int(array.nbytes)
        case Clips(samples):
            return int(samples.nbytes)
        case pd.DataFrame() as table:
            return int(table.memory_usage(index=False).sum())
        case _:
            return 0


def _refuse_secret_place(features: Any) -> None:
    """Refuse files behind a URL with a login or a signature in it: it would lie in the folder in clear."""
    if isinstance(features, MediaFiles) and without_secrets(features.root) != features.root:
        raise _NotKeptError("the address of the files holds a login or a signature")


@contextmanager
def placed(run: RunFolder, staged: Staged) -> Iterator[None]:
    """Put staged rows beside the runs, by one rename, and keep them safe from pruning within the block.

    Rows with the same content that lie there already are shared. What a failing block leaves behind
    belongs to no run, and the next pruning removes it.
    """
    if not staged.name:
        yield
        return
    output = run.final.parent
    target = rows_folder(output, staged.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = ProcessLock(rows_lock(output))
    try:
        if not lock.acquire(wait_s=_WAIT_S):
            logger.warning("rows were not kept for review: %s stayed locked", target.parent)
        elif not target.exists():
            _move(rows_to_keep(run), target)
        yield
    finally:
        lock.release()


def _move(folder: Path, target: Path) -> None:
    try:
        os.replace(folder, target)  # noqa: PTH105 - Path.replace hides that this is atomic
    except OSError as error:
        logger.warning("rows were not kept for review: %s", error)
        shutil.rmtree(folder, ignore_errors=True)
