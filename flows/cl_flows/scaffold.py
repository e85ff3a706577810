"""Drafts a gate.yaml for a file: guesses are said aloud, and the draft is tried before it is shown."""

import os
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from cl_core.errors import ConfigError
from cl_flows import steps
from cl_flows.config import make_config
from cl_flows.plan import make_plan

if TYPE_CHECKING:
    import pandas as pd

# What people call the column of labels, most telling first.
_LABEL_NAMES = ("label", "labels", "y", "target", "class", "category", "given_label", "intent", "sentiment")
_ID_NAMES = ("id", "row_id", "uuid", "key", "index", "sample_id", "item_id")
# A column with more different values than this is hardly a label.
_MOST_CLASSES = 1000
_ROWS_LOOKED_AT = 10_000


def draft(source: Path, label: str | None, target: Path) -> tuple[str, list[str]]:
    """Return the text of a gate.yaml for `source` and what was guessed on the way."""
    data: dict[str, str] = {}
    said: list[str] = []
    if source.suffix.lower() != ".npz":
        table = _look(source)
        data["label"] = label or _guess_label(table)
        said.append(f"label column: {data['label']}" + ("" if label else " (a guess; --label names another)"))
        row_id = _guess_id(table, data["label"])
        if row_id:
            data["id"] = row_id
            said.append(f"id column: {row_id} (a guess)")
    raw = {"data": {"path": str(source), **data}, "gate": {"max_noise_rate": 0.05}}
    dataset = steps.load(make_plan(make_config(raw, str(source))))
    said.append(f"{dataset.n_rows:,} rows of {dataset.n_classes} classes: {', '.join(dataset.classes[:8])}")
    said += [f"note: {note}" for note in dataset.notes]
    relative = os.path.relpath(source.resolve(), target.resolve().parent)
    return _render(
        {"path": Path(relative).as_posix(), **data}, precomputed=dataset.pred_probs is not None
    ), said


def _render(data: dict[str, str], *, precomputed: bool) -> str:
    from jinja2 import Environment

    template = files("cl_flows").joinpath("templates/gate.yaml.j2").read_text(encoding="utf-8")
    environment = Environment(trim_blocks=True, keep_trailing_newline=True)  # noqa: S701 - YAML, not HTML
    return environment.from_string(template).render(data=data, precomputed=precomputed)


def _look(source: Path) -> "pd.DataFrame":
    """Read the head of a table; whether it is a sound data set, the loader says later."""
    import pandas as pd
    import pyarrow.parquet as pq

    try:
        if source.suffix.lower() in {".parquet", ".pq"}:
            head = next(pq.ParquetFile(source).iter_batches(_ROWS_LOOKED_AT), None)
            return pd.DataFrame() if head is None else head.to_pandas()
        separator = "\t" if ".tsv" in source.name.lower() else ","
        return pd.read_csv(source, nrows=_ROWS_LOOKED_AT, sep=separator)
    except FileNotFoundError as error:
        raise ConfigError(f"there is no file {source}", hint="check the path") from error
    except Exception as error:
        raise ConfigError(
            f"cannot read {source}: {error}", hint="CSV, TSV, Parquet and .npz files are read"
        ) from error


def _guess_label(table: "pd.DataFrame") -> str:
    """Return the column by name, else the last one with few different values."""
    by_name = {str(column).lower(): str(column) for column in table.columns}
    for name in _LABEL_NAMES:
        if name in by_name:
            return by_name[name]
    for column in reversed(table.columns):
        different = table[column].nunique()
        whole = not str(table[column].dtype).startswith("float")
        if whole and 1 < different <= min(_MOST_CLASSES, len(table) // 5):
            return str(column)
    raise ConfigError(
        f"no column looks like a label among {', '.join(map(str, table.columns[:12]))}",
        hint="name it with --label",
    )


def _guess_id(table: "pd.DataFrame", label: str) -> str | None:
    by_name = {str(column).lower(): str(column) for column in table.columns if str(column) != label}
    for name in _ID_NAMES:
        if name in by_name and table[by_name[name]].is_unique:
            return by_name[name]
    return None
