"""Rewrites a source in its own format: which format that is, and which of its parts. Knows no decision."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from cl_core.dataset import Dataset
from cl_core.media import MediaFiles
from cl_flows.plan import Plan
from cl_flows.review.export.arrow_files import rewrite_ipc, rewrite_parquet
from cl_flows.review.export.csv_cells import rewrite_csv
from cl_flows.review.export.json_lines import rewrite_json_lines
from cl_flows.review.export.labels import NewLabels, OtherSourceError, Speller
from cl_flows.review.export.media_tree import write_manifest
from cl_flows.review.export.npz_file import rewrite_npz
from cl_plugins.loaders.csv_table import CsvTable
from cl_plugins.loaders.options import TABLE_ENDINGS, NpzOptions, TableOptions
from cl_plugins.loaders.places import Place, found
from cl_plugins.loaders.roles import assign_roles
from cl_plugins.loaders.table import open_table
from cl_plugins.remote import is_url

_REWRITERS: dict[str, Callable[..., None]] = {
    **dict.fromkeys((".parquet", ".pq"), rewrite_parquet),
    **dict.fromkeys((".arrow", ".feather", ".ipc"), rewrite_ipc),
    **dict.fromkeys((".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz"), rewrite_json_lines),
}


def source_place(plan: Plan) -> Path | None:
    """Return the local file or folder that the run read; None where there is none."""
    path = getattr(plan.loader[1], "path", None)
    return None if path is None or is_url(path) or not Path(path).exists() else Path(path)


def rewrite_source(plan: Plan, rows: Dataset, labels: NewLabels, target: Path, ending: str) -> None:
    """Write the source with new labels to `target`; `ending` is that of the name it will have.

    Raises
    ------
    OtherSourceError
        For a source that has no form of its own to be written in, or not the form that `ending` says.
    """
    loader, options = plan.loader
    if isinstance(options, NpzOptions):
        _refuse_other(".npz", ending)
        speller = Speller(labels)
        rewrite_npz(options, target, speller)
        speller.refuse_rest()
        return
    table = _table_options(loader.name, options)
    if table is not None:
        _rewrite_table(table, labels, target, ending)
    elif isinstance(rows.features, MediaFiles):
        _refuse_other(".csv", ending)
        write_manifest(target, rows.features, labels)
    else:
        raise OtherSourceError(f"the loader {loader.name!r} reads from something that is no file of rows")


def _table_options(loader: str, options: Any) -> TableOptions | None:
    if isinstance(options, TableOptions):
        return options
    path = str(getattr(options, "path", ""))
    if loader in {"pictures", "sounds"} and path.lower().endswith(TABLE_ENDINGS):
        return TableOptions(path=path, label=options.label, id=options.id)
    return None


def _rewrite_table(options: TableOptions, labels: NewLabels, target: Path, ending: str) -> None:
    with open_table(options.path, options.separator, options.encoding) as opened:
        column = assign_roles(options, opened.columns, opened.shown).label
        separator = opened.separator if isinstance(opened, CsvTable) else ""
    with found(options.path, TABLE_ENDINGS) as place:
        rewrite, speller = _rewriter(place, options, separator), Speller(labels)
        several = len(place.files) > 1 or (not is_url(options.path) and Path(options.path).is_dir())
        if several:
            _refuse_hive(place, column)
            target.mkdir()
        else:
            _refuse_other(place.ending, ending)
        for file in place.files:
            part = target / file.relative_to(place.root) if several else target
            part.parent.mkdir(parents=True, exist_ok=True)
            rewrite(file, part, column, speller)
        speller.refuse_rest()


def _rewriter(place: Place, options: TableOptions, separator: str) -> Callable[..., None]:
    known = _REWRITERS.get(place.ending)
    if known is not None:
        return known
    encoding = "utf-8" if options.encoding.lower() in {"utf8", "utf-8-sig"} else options.encoding
    return partial(rewrite_csv, separator=separator, encoding=encoding, missing=options.missing_labels)


def _refuse_hive(place: Place, column: str) -> None:
    if any(f"{column}=" in part for file in place.files for part in file.relative_to(place.root).parts):
        raise OtherSourceError(f"folders of the source name the column {column!r}, and files would move")


def _refuse_other(own: str, wanted: str) -> None:
    plain = {".pq": ".parquet", ".ndjson": ".jsonl", ".feather": ".arrow", ".ipc": ".arrow", "": ".csv"}
    if plain.get(own, own) != plain.get(wanted, wanted):
        raise OtherSourceError(f"the source is {own or 'a file without an ending'}, wanted {wanted}")
