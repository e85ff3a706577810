"""The loader ``table``: from a CSV or Parquet file to a data set. Reading the file is `table_file`'s."""

import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cl_core.dataset import Dataset
from cl_core.errors import ConfigError, InputError
from cl_core.types import Probs
from cl_plugins.loaders.fingerprint import fingerprint
from cl_plugins.loaders.label_column import EncodedLabels, encode_again, encode_labels
from cl_plugins.loaders.options import TableOptions
from cl_plugins.loaders.table_file import read_table

_ENDINGS = (".gz", ".csv", ".tsv", ".parquet", ".pq")


def load_table(options: TableOptions) -> Dataset:
    """Read a table with a label column; rows without a label are left out and counted."""
    frame = read_table(options)
    probability_columns = _probability_columns(options, list(frame.columns))
    where = f"column {options.label!r} of {options.path.name!r}"
    encoded = encode_labels(frame[options.label], where=where, known=tuple(probability_columns))
    row_ids, notes = _ids(options, frame)
    kept = frame[encoded.labelled].reset_index(drop=True)
    features = _features(options, kept, set(probability_columns.values()))
    pred_probs = _pred_probs(probability_columns, kept, encoded)
    true_labels = None
    if options.true_labels is not None:
        about = f"column {options.true_labels!r} of {options.path.name!r}"
        true_labels = encode_again(kept[options.true_labels], encoded.classes, where=about)
    ids = row_ids[encoded.labelled]
    return Dataset(
        name=options.name or _stem(options.path.name),
        ids=ids,
        labels=encoded.codes,
        classes=encoded.classes,
        features=features,
        modality="none" if features is None else "table",
        fingerprint=fingerprint(ids, encoded.codes, list(encoded.classes), features, pred_probs),
        pred_probs=pred_probs,
        notes=(*notes, *encoded.notes),
        n_unlabelled=encoded.n_unlabelled,
        true_labels=true_labels,
    )


def _stem(name: str) -> str:
    while name.lower().endswith(_ENDINGS):
        name = name.rpartition(".")[0]
    return name


def _ids(options: TableOptions, frame: pd.DataFrame) -> tuple[NDArray[Any], list[str]]:
    if options.id is None:
        note = "no id column was named: ids are row numbers of the file, from 0"
        return np.arange(len(frame)), [note]
    column = frame[options.id]
    what = f"the id column {options.id!r} of {options.path.name!r}"
    if column.isna().any():
        raise InputError(
            f"{what} is empty in {int(column.isna().sum()):,} rows",
            hint="fill it, or leave `id` out to number the rows",
        )
    twice = column[column.duplicated()]
    if len(twice):
        raise InputError(
            f"{what} repeats {len(twice):,} ids, the first {str(twice.iloc[0])!r}",
            hint="name a column that identifies a row, or leave `id` out to number the rows",
        )
    whole = pd.api.types.is_integer_dtype(column)
    return column.to_numpy(dtype=np.int64) if whole else column.to_numpy(dtype=np.str_), []


def _features(options: TableOptions, kept: pd.DataFrame, taken: set[str]) -> pd.DataFrame | None:
    taken = taken | {options.label, *options.drop}
    taken |= {name for name in (options.id, options.true_labels) if name}
    if options.features is not None:
        overlap = [name for name in options.features if name in taken]
        if overlap:
            raise ConfigError(
                f"column {overlap[0]!r} is to be learned from, but also serves as label, id or probability, "
                "or is dropped",
                hint="name a column once",
            )
        return kept[list(options.features)]
    names = [name for name in kept.columns if name not in taken]
    return kept[names] if names else None


def _probability_columns(options: TableOptions, columns: list[str]) -> dict[str, str]:
    """Column of each class's probabilities, by class name."""
    wanted = options.pred_probs_columns
    if wanted is None:
        return {}
    if isinstance(wanted, dict):
        missing = [column for column in wanted.values() if column not in columns]
        if missing:
            raise InputError(
                f"{options.path.name!r} has no column {missing[0]!r}, which `pred_probs_columns` names",
                hint=f"columns: {', '.join(map(str, columns[:20]))}",
            )
        return wanted
    before, mark, after = wanted.partition("{class}")
    if not mark:
        raise ConfigError(
            f"pred_probs_columns is {wanted!r}, wanted a pattern with {{class}} in it",
            hint="p_{class} finds the columns p_cat and p_dog; or write one class: column a line",
        )
    pattern = re.compile(f"{re.escape(before)}(.+){re.escape(after)}")
    found = {match[1]: name for name in columns if (match := pattern.fullmatch(name))}
    if not found:
        raise InputError(
            f"no column of {options.path.name!r} is named like {wanted!r}",
            hint=f"columns: {', '.join(map(str, columns[:20]))}",
        )
    return found


def _pred_probs(columns: dict[str, str], kept: pd.DataFrame, encoded: EncodedLabels) -> Probs | None:
    if not columns:
        return None
    without = [name for name in encoded.classes if name not in columns]
    if without:
        raise InputError(
            f"class {without[0]!r} has no column of probabilities",
            hint=f"classes with a column: {', '.join(columns)}",
        )
    chosen = kept[[columns[name] for name in encoded.classes]]
    try:
        return chosen.to_numpy(dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"the columns of probabilities hold something else than numbers: {error}",
            hint="name the columns that predict_proba gave",
        ) from error
