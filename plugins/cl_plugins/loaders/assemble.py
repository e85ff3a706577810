"""From an open table to a data set, whatever the table lies in. Reads no file itself."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cl_core.dataset import Dataset
from cl_core.errors import InputError
from cl_core.types import Labels
from cl_plugins.loaders.features import choose_features
from cl_plugins.loaders.fingerprint import fingerprint
from cl_plugins.loaders.label_column import EncodedLabels, encode_again, encode_labels
from cl_plugins.loaders.open_table import OpenTable
from cl_plugins.loaders.options import ColumnOptions
from cl_plugins.loaders.probabilities import gather
from cl_plugins.loaders.roles import Roles, assign_roles
from cl_plugins.loaders.row_columns import identifies_rows, read_groups, read_ids, read_times


@dataclass(frozen=True, slots=True)
class _Ids:
    rows: NDArray[Any]
    column: str | None
    notes: tuple[str, ...]


def assemble(table: OpenTable, options: ColumnOptions, *, missing: tuple[str, ...] = ()) -> Dataset:
    """Read the columns that `options` ask for and make a data set of the labelled rows.

    `missing` are the words in a label column of text that mean: no label.
    """
    roles = assign_roles(options, table.columns, table.shown)
    names = _needed(options, roles, table.columns)
    words = dict.fromkeys(filter(None, (roles.label, options.true_labels)), missing)
    words |= dict.fromkeys(filter(None, (roles.id or roles.maybe_id, options.groups, options.text)), ("",))
    cells = table.read(names, list(roles.probabilities.values()), words)
    frame = cells.frame
    if frame.empty:
        raise InputError(f"{table.shown!r} has no rows", hint="check how it was written")
    encoded = encode_labels(
        frame[roles.label],
        where=_where(table, roles.label),
        known=tuple(roles.probabilities),
        fixed=options.classes,
        missing=missing,
    )
    labelled = encoded.labelled
    ids = _ids(roles, frame, table)
    kept = frame if labelled.all() else frame[labelled]
    held_out = _held_out(options, kept, table)
    kept = kept.reset_index(drop=True)
    free = [name for name in names if name not in roles.reserved and name != ids.column]
    features = choose_features(options, kept, free, table.shown)
    pred_probs = None
    if roles.probabilities:
        pred_probs = gather(roles.probabilities, encoded.classes, labelled, cells.numbers)
    parts = [ids.rows[labelled], encoded.codes, list(encoded.classes), features.rows, pred_probs]
    return Dataset(
        name=options.name or table.stem,
        ids=ids.rows[labelled],
        labels=encoded.codes,
        classes=encoded.classes,
        features=features.rows,
        modality=features.modality,
        fingerprint=fingerprint(*parts, *(part for pair in held_out.items() for part in pair)),
        pred_probs=pred_probs,
        notes=(*table.notes, *roles.notes, *ids.notes, *features.notes, *encoded.notes),
        n_unlabelled=encoded.n_unlabelled,
        true_labels=_true_labels(options, kept, encoded, table),
        groups=held_out.get("groups"),
        times=held_out.get("times"),
        source=kept,
    )


def _held_out(options: ColumnOptions, kept: pd.DataFrame, table: OpenTable) -> dict[str, NDArray[Any]]:
    """Read groups and times of the labelled rows, where people named such columns."""
    found = {}
    if options.groups is not None:
        found["groups"] = read_groups(kept[options.groups], _where(table, options.groups))
    if options.times is not None:
        found["times"] = read_times(kept[options.times], _where(table, options.times))
    return found


def _true_labels(
    options: ColumnOptions, kept: pd.DataFrame, encoded: EncodedLabels, table: OpenTable
) -> Labels | None:
    if options.true_labels is None:
        return None
    about = _where(table, options.true_labels)
    return encode_again(kept[options.true_labels], encoded.classes, where=about)


def _where(table: OpenTable, name: str) -> str:
    return f"column {name!r} of {table.shown!r}"


def _needed(options: ColumnOptions, roles: Roles, columns: list[str]) -> list[str]:
    """Columns to read beside the probabilities: with `features` no others than have a role."""
    probabilities = set(roles.probabilities.values())
    if options.features is None:
        return [name for name in columns if name not in probabilities]
    wanted = {*options.features, *roles.reserved, roles.maybe_id} - set(options.drop) - probabilities
    return [name for name in columns if name in wanted]


def _ids(roles: Roles, frame: pd.DataFrame, table: OpenTable) -> _Ids:
    if roles.id is not None:
        what = f"the id column {roles.id!r} of {table.shown!r}"
        return _Ids(read_ids(frame[roles.id], what), roles.id, ())
    name = roles.maybe_id
    numbered = "no id column was named: ids are row numbers of the file, from 0"
    if name is None:
        return _Ids(np.arange(len(frame)), None, (numbered,))
    if identifies_rows(frame[name]):
        said = f"id column: {name} (a guess: it is called so and every row has its own; `id` names another)"
        return _Ids(read_ids(frame[name], _where(table, name)), name, (said,))
    said = f"column {name!r} is no id, as rows share or lack one, and is a column like others"
    return _Ids(np.arange(len(frame)), None, (numbered, said))
