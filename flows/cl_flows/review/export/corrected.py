"""The corrected data set, in the form it came in where that is still there, else from the kept rows."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cl_core.dataset import Dataset
from cl_core.errors import ConfigError, LabelgateError
from cl_core.media import MediaFiles
from cl_flows.corrections.corrected import corrected, read_patches
from cl_flows.kept import KeptRun, loading_config
from cl_flows.plan import Plan, make_plan
from cl_flows.review.export.kept_rows import write_kept_rows
from cl_flows.review.export.labels import NewLabels, OtherSourceError, new_labels
from cl_flows.review.export.media_tree import lay_out, refuse_no_tree
from cl_flows.review.export.native import rewrite_source, source_place
from cl_flows.review.new_file import new_file, refuse_existing
from cl_flows.review.standing import Standing
from cl_plugins.stored_rows import read_dataset


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes
    ----------
    path
        Where the corrected data set lies.
    n_rows, n_relabelled, n_excluded
        Labelled rows in it, those of them with another label than the source's, and rows left out.
    n_kept_excluded
        Rows that people excluded and that are in it nevertheless, with their given label.
    from_source
        Whether the source was rewritten, every other cell as it was; else the kept rows were written.
    says
        What people should know, one sentence each.
    n_laid_out
        Files laid out in folders of their classes.
    backup
        Copy of the source as it was, where it was replaced.
    """

    path: str
    n_rows: int
    n_relabelled: int
    n_excluded: int
    n_kept_excluded: int
    from_source: bool
    says: tuple[str, ...]
    n_laid_out: int = 0
    backup: str | None = None


def export_corrected(
    kept: KeptRun,
    standing: Standing,
    target: Path | None,
    *,
    keep_excluded: bool = False,
    force: bool = False,
    copy_to: Path | None = None,
) -> Exported:
    """Write the corrected data set of a run.

    Where the source still holds the rows that were judged, it is rewritten: its format, its columns, rows
    without a label and every other cell stay (CSV and JSON Lines: every other byte). Where it is gone, has
    changed, or is no file (SQL, a data frame), the rows that the run kept are written as the ending of
    `target` says, and `Exported.says` tells. Open and disputed rows keep their label.

    Parameters
    ----------
    kept, standing
        The run, and what people settled about its rows.
    target
        A new file (a folder for a source of several files); None replaces the source itself, a copy of which
        stays beside it.
    keep_excluded
        Keep rows that people called ambiguous or in no class, with their given label.
    force
        Write over what is at `target`.
    copy_to
        Lay files of pictures or sounds out there, a folder a class, by hard link or copy.

    Raises
    ------
    ConfigError
        For a target that is there already, rows that are nowhere to be had, or a source that cannot be
        replaced.
    """
    if target is not None:
        refuse_existing(target, force=force)
    plan, rows, judged, why = _rows(kept)
    labels = new_labels(rows, judged, standing, keep_excluded=keep_excluded)
    if copy_to is not None:
        _refuse_tree(copy_to, rows, labels, force=force)
    backup: Path | None = None
    says: tuple[str, ...] = ()
    if plan is not None and not why:
        try:
            backup = _rewrite(plan, rows, labels, target, force=force)
        except OtherSourceError as reason:
            why = str(reason)
    if why:
        if target is None:
            raise ConfigError(
                f"the source cannot be replaced: {why}",
                hint="write a new file with --to instead of --in-place",
            )
        says = (f"written from the rows that the run kept: {why}", *_other_csv(plan, target))
        with new_file(target, force=force) as part:
            write_kept_rows(part, _ending(target), rows, labels, why)
    excluded = {p for p, found in standing.verdicts.items() if found[0] == "exclude"}
    return Exported(
        path=str(target or (plan and source_place(plan))),
        n_rows=int((~labels.leaves).sum()),
        n_relabelled=int((~labels.leaves[labels.changed.astype(int)]).sum()) if len(labels.changed) else 0,
        n_excluded=int(labels.leaves.sum()),
        n_kept_excluded=len(excluded) if keep_excluded else 0,
        from_source=not why,
        says=says,
        n_laid_out=_laid_out(plan, rows, labels, copy_to, force=force),
        backup=None if backup is None else str(backup),
    )


def _rows(kept: KeptRun) -> tuple[Plan | None, Dataset, Dataset, str]:
    """Return how the source is read, its rows, those that were judged, and why the source will not do."""
    plan = None
    try:
        plan = make_plan(loading_config(kept))
        loader, options = plan.loader
        rows = loader.load(options)
        judged = corrected(
            plan.config, read_patches(plan.config), rows, label_column=getattr(options, "label", None)
        )
        if judged.fingerprint == kept.fingerprint:
            return plan, rows, judged, ""
        why = "the source holds other rows or labels than were judged"
    except (LabelgateError, OSError) as fault:
        why = f"the source cannot be read: {fault}"
    try:
        judged = read_dataset(kept.rows_folder())
    except ConfigError as error:
        raise ConfigError(f"{error}; and {why}", hint=error.hint) from error
    return plan, judged, judged, why


def _other_csv(plan: Plan | None, target: Path) -> tuple[str, ...]:
    """Say where kept rows are another kind of CSV than gate.yaml asks the loader to read."""
    options = None if plan is None else plan.loader[1]
    encoding, separator = getattr(options, "encoding", "utf-8"), getattr(options, "separator", None)
    if _ending(target) != ".csv" or (encoding.lower() in {"utf-8", "utf8"} and separator in {None, ","}):
        return ()
    return ("they are UTF-8 with commas: to gate them, take `encoding` and `separator` out of gate.yaml",)


def _rewrite(
    plan: Plan, rows: Dataset, labels: NewLabels, target: Path | None, *, force: bool
) -> Path | None:
    source = source_place(plan)
    place = source and source.resolve()  # what a link leads to is replaced, and the copy lies beside that
    if target is not None:
        if place is not None and target.resolve() == place:
            raise ConfigError(f"{target} is the source itself", hint="say --in-place to replace it")
        with new_file(target, force=force) as part:
            rewrite_source(plan, rows, labels, part, _ending(target))
        return None
    if source is None or place is None or (isinstance(rows.features, MediaFiles) and place.is_dir()):
        raise OtherSourceError("it is no local file or folder of tables")
    backup = place.with_name(f"{place.name}.{datetime.now(UTC):%Y%m%d-%H%M%S}.before")
    with new_file(place, force=True) as part:
        rewrite_source(plan, rows, labels, part, _ending(source))
        _bring_along(place, part)
        (shutil.copytree if place.is_dir() else shutil.copy2)(place, backup)
    return backup


def _bring_along(folder: Path, new: Path) -> None:
    """Copy what else lies in a folder of parts, and is no part; parts and folders keep their mode."""
    for file in folder.rglob("*") if folder.is_dir() else ():
        place = new / file.relative_to(folder)
        if file.is_file() and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, place)
        elif place.exists():
            shutil.copymode(file, place)


def _refuse_tree(folder: Path, rows: Dataset, labels: NewLabels, *, force: bool) -> None:
    """Refuse what cannot be laid out before anything is written."""
    if not isinstance(rows.features, MediaFiles):
        raise ConfigError("--copy-to lays out files, and these rows are none", hint="leave --copy-to out")
    refuse_existing(folder, force=force)
    refuse_no_tree(rows.features, labels)


def _laid_out(
    plan: Plan | None, rows: Dataset, labels: NewLabels, folder: Path | None, *, force: bool
) -> int:
    if folder is None or not isinstance(rows.features, MediaFiles):
        return 0
    options: Any = None if plan is None else plan.loader[1]
    is_folder = Path(rows.features.root).resolve() == Path(str(getattr(options, "path", ""))).resolve()
    class_folder = getattr(options, "class_folder", None) if is_folder else None
    with new_file(folder, force=force) as part:
        part.mkdir()
        return lay_out(part, rows.features, labels, class_folder)


def _ending(path: Path) -> str:
    return "".join(path.suffixes[-2:] if path.suffix == ".gz" else path.suffixes[-1:]).lower()
