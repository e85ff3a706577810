"""Rows of a data set as an MLflow model's signature wants them. Asks no model."""

from typing import Any

import numpy as np
import pandas as pd

from cl_core.dataset import Dataset, Modality
from cl_core.errors import ConfigError, InputError
from cl_plugins.backends.model_options import MlflowOptions
from cl_plugins.backends.raw_features import flat, read_raw

_MODALITIES: tuple[Modality, ...] = ("table", "text", "image", "array")


def rows_for(dataset: Dataset, model: Any, options: MlflowOptions, name: str) -> tuple[Any, list[str]]:
    """Return the rows as the model takes them, a data frame or an array, and what people should know."""
    raw = read_raw(dataset, backend="mlflow", modalities=_MODALITIES)
    if isinstance(raw, pd.DataFrame):
        raw = _chosen(raw.set_axis([str(column) for column in raw.columns], axis=1), options)
    elif options.columns is not None:
        raise ConfigError(
            f"model.columns names columns, but data set {dataset.name!r} is no table ({dataset.modality})",
            hint="leave model.columns out",
        )
    schema = model.metadata.get_input_schema()
    if schema is None:
        return raw, [f"{name} has no signature: nobody can check that it takes these columns"]
    if schema.is_tensor_spec():
        return _tensor(raw, schema, name), []
    if not schema.has_input_names():
        return raw if isinstance(raw, pd.DataFrame) else pd.DataFrame(flat(raw)), []
    return _named(raw, schema, name)


def _chosen(frame: pd.DataFrame, options: MlflowOptions) -> pd.DataFrame:
    for column in options.columns or ():
        if column not in frame.columns:
            raise ConfigError(
                f"model.columns names {column!r}, which the data set has not",
                hint=f"it has {', '.join(frame.columns[:20])}",
            )
    return frame if options.columns is None else frame[list(options.columns)]


def _tensor(raw: Any, schema: Any, name: str) -> Any:
    if len(schema.inputs) != 1:
        raise InputError(
            f"{name} wants {len(schema.inputs)} tensors", hint="take a model with one input, or with columns"
        )
    wanted = schema.inputs[0]
    try:
        rows = np.asarray(raw).astype(wanted.type)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{name} wants {wanted.type}: {error}", hint="leave other columns out with model.columns"
        ) from None
    shape = tuple(wanted.shape)
    if len(shape) == 2 and rows.ndim > 2:  # noqa: PLR2004 - rows of numbers from pictures
        rows = flat(rows)
    fits = len(shape) == rows.ndim and all(
        w in (-1, g) for w, g in zip(shape[1:], rows.shape[1:], strict=True)
    )
    if not fits:
        raise InputError(
            f"{name} wants rows of shape {shape[1:]}, the data set has {rows.shape[1:]}",
            hint="choose the columns with model.columns, or take a model for such rows",
        )
    return rows


def _named(raw: Any, schema: Any, name: str) -> tuple[pd.DataFrame, list[str]]:
    wanted, needed = list(schema.input_names()), list(schema.required_input_names())
    if not isinstance(raw, pd.DataFrame):
        if len(wanted) != 1 and np.ndim(raw) == 1:
            raise InputError(f"{name} wants the columns {', '.join(wanted)}", hint="give it a table")
        cells = raw if np.ndim(raw) == 1 else flat(raw)
        if np.ndim(cells) > 1 and cells.shape[1] != len(wanted):
            raise InputError(
                f"{name} wants {len(wanted)} columns, the rows have {cells.shape[1]} numbers",
                hint="take a model for such rows",
            )
        return pd.DataFrame(cells, columns=wanted), []
    missing = [column for column in needed if column not in raw.columns]
    if missing:
        raise InputError(
            f"{name} wants the column {missing[0]!r}, which the data set has not",
            hint=f"it wants {', '.join(wanted[:20])}; the data set has {', '.join(raw.columns[:20])}",
        )
    unused = [column for column in raw.columns if column not in wanted]
    notes = [f"{name} does not take the columns {', '.join(unused[:20])}"] if unused else []
    return raw[[column for column in wanted if column in raw.columns]], notes
