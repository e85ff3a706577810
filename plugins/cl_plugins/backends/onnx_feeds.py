"""Rows of a data set as the inputs of an ONNX model, with notes on what was done to them. Runs nothing."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cl_core.dataset import Dataset
from cl_core.errors import ConfigError, InputError
from cl_plugins.backends.import_path import near
from cl_plugins.backends.model_options import OnnxOptions
from cl_plugins.backends.raw_features import flat, read_raw
from cl_plugins.embeddings.onnx_network import OnnxNetwork, Port

Feed: TypeAlias = Callable[[slice], dict[str, NDArray[Any]]]

_TEXT = "tensor(string)"
_PICTURE_AXES = 4  # rows, channels, height and width, in one of two orders
_MATRIX_AXES = 2


def make_feed(dataset: Dataset, network: OnnxNetwork, options: OnnxOptions) -> tuple[Feed, list[str]]:
    """Return a function from a slice of rows to the model's inputs, and what people should know."""
    if dataset.modality == "table":
        frame = _chosen(read_raw(dataset, backend="onnx", modalities=("table",)), options.columns)
        return _table(frame, network)
    if options.columns is not None:
        raise ConfigError(
            f"model.columns names columns, but data set {dataset.name!r} is no table ({dataset.modality})",
            hint="leave model.columns out",
        )
    port = network.inputs[0]
    if dataset.modality == "image" and len(network.inputs) == 1 and len(port.shape) == _PICTURE_AXES:
        return _pictures(dataset, port, network, options)
    raw = read_raw(dataset, backend="onnx", modalities=("text", "image", "array"), size=options.size)
    if len(network.inputs) != 1:
        raise InputError(
            f"{network.name} wants {len(network.inputs)} inputs, {dataset.modality} data are one: "
            f"{network.wants()}",
            hint="give a model with one input, or a table with a column for each input",
        )
    if (port.kind == _TEXT) != (dataset.modality == "text"):
        raise InputError(
            f"{network.name} wants {network.wants()}, data set {dataset.name!r} is {dataset.modality}",
            hint="give a model for such data",
        )
    if dataset.modality == "text":
        rows = raw.reshape(-1, 1) if len(port.shape) == _MATRIX_AXES else raw
    else:
        rows = flat(raw) if len(port.shape) == _MATRIX_AXES else raw
        _refuse_shape(rows, port, network)
    return lambda chosen: {port.name: rows[chosen]}, []


def _chosen(frame: Any, columns: Sequence[str] | None) -> Any:
    named = frame.set_axis([str(name) for name in frame.columns], axis=1)
    if columns is None:
        return named
    for name in columns:
        if name not in named.columns:
            raise ConfigError(
                f"model.columns names {name!r}, which the data set has not",
                hint=near(name, named.columns) + f"it has {', '.join(named.columns[:20])}",
            )
    return named[list(columns)]


def _table(frame: Any, network: OnnxNetwork) -> tuple[Feed, list[str]]:
    first = network.inputs[0]
    by_name = {_plain(name): name for name in frame.columns}
    single = len(network.inputs) == 1 and not (_plain(first.name) in by_name and first.shape[-1:] == (1,))
    if single:
        return _matrix(frame, first, network)
    columns: dict[str, NDArray[Any]] = {}
    for port in network.inputs:
        name = by_name.get(_plain(port.name))
        if name is None:
            raise InputError(
                f"{network.name} wants the column {port.name!r}, which the data set has not",
                hint=f"it wants {network.wants()}; the data set has {', '.join(frame.columns[:20])}",
            )
        cells = _cells(frame[name], name, port, network)
        columns[port.name] = cells[:, None] if len(port.shape) == _MATRIX_AXES else cells
    unused = [name for name in frame.columns if _plain(name) not in {_plain(p.name) for p in network.inputs}]
    notes = [f"{network.name} does not take the columns {', '.join(unused)}"] if unused else []
    return lambda chosen: {name: cells[chosen] for name, cells in columns.items()}, notes


def _matrix(frame: Any, port: Port, network: OnnxNetwork) -> tuple[Feed, list[str]]:
    rows = np.column_stack([_cells(frame[name], name, port, network) for name in frame.columns])
    if len(port.shape) == _MATRIX_AXES and port.shape[1] not in (None, rows.shape[1]):
        raise InputError(
            f"{network.name} wants {port.shape[1]} columns in {port.name!r}, the data set has "
            f"{rows.shape[1]}: {', '.join(frame.columns[:20])}",
            hint="name those that it takes, in its order, with model.columns",
        )
    _refuse_shape(rows, port, network)
    note = f"{network.name} got the columns as one matrix, in the order {', '.join(frame.columns[:20])}"
    return lambda chosen: {port.name: rows[chosen]}, [note]


def _cells(column: Any, name: str, port: Port, network: OnnxNetwork) -> NDArray[Any]:
    if port.kind == _TEXT:
        return np.asarray(column.astype(object).where(column.notna(), "").map(str), dtype=object)
    try:
        cells = column.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        raise InputError(
            f"column {name!r} holds {column.dtype}, {network.name} wants numbers in {port.name!r}",
            hint="leave it out with model.columns or data.drop, or give a model that reads text",
        ) from None
    if "int" in port.kind and not np.array_equal(cells, np.floor(cells)):
        raise InputError(
            f"column {name!r} has empty cells or fractions, {network.name} wants whole numbers",
            hint="fill them as the model was taught to",
        )
    return np.asarray(cells)


def _pictures(
    dataset: Dataset, port: Port, network: OnnxNetwork, options: OnnxOptions
) -> tuple[Feed, list[str]]:
    last = port.shape[3] in (1, 3) and port.shape[1] not in (1, 3)
    _, *axes = port.shape
    channels, height, width = (axes[2], axes[0], axes[1]) if last else axes
    size = options.size
    if height is not None and width is not None:
        if size not in (None, (height, width)):
            raise ConfigError(
                f"{network.name} takes pictures of {height} x {width}, model.size says {size[0]} x {size[1]}",
                hint="leave model.size out: it is known from the model",
            )
        size = (height, width)
    raw, notes = _pixels(dataset, network.name, channels, size)
    cube = raw[..., None] if raw.ndim == 3 else raw  # noqa: PLR2004
    divisor = options.divide_by or (255.0 if cube.dtype == np.uint8 and port.kind != "tensor(uint8)" else 1.0)
    if options.divide_by is None and divisor != 1:
        notes.append("bytes of pictures were divided by 255 (say otherwise with model.divide_by)")
    mean, std = (_a_channel(v, cube.shape[3], w) for v, w in ((options.mean, "mean"), (options.std, "std")))

    def feed(chosen: slice) -> dict[str, NDArray[Any]]:
        ready = cube[chosen]
        if divisor != 1 or mean is not None or std is not None:
            ready = ready.astype(np.float32) / np.float32(divisor)
            ready = (ready - (0 if mean is None else mean)) / (1 if std is None else std)
        return {port.name: ready if last else ready.transpose(0, 3, 1, 2)}

    _refuse_shape(feed(slice(0, 1))[port.name], port, network)
    return feed, notes


def _pixels(
    dataset: Dataset, model: str, channels: int | None, size: tuple[int, int] | None
) -> tuple[NDArray[Any], list[str]]:
    """Return the pictures as they are where they fit, else brought to size and colours."""
    shape = np.shape(dataset.features) if isinstance(dataset.features, np.ndarray) else ()
    own_channels = (shape[3] if len(shape) == _PICTURE_AXES else 1) if shape else None
    if shape and (size is None or shape[1:3] == size) and channels in (None, own_channels):
        return read_raw(dataset, backend="onnx", modalities=("image",)), []
    mode: Literal["L", "RGB"] = "RGB" if (channels or own_channels or 3) == 3 else "L"  # noqa: PLR2004
    wanted = size or shape[1:3] or None
    raw = read_raw(dataset, backend="onnx", modalities=("image",), size=wanted, mode=mode)
    return raw, [f"pictures were brought to {raw.shape[1]} x {raw.shape[2]}, {mode}, as {model} wants them"]


def _a_channel(values: Sequence[float] | None, channels: int, option: str) -> NDArray[np.float32] | None:
    if values is None:
        return None
    if len(values) not in (1, channels):
        raise ConfigError(
            f"model.{option} has {len(values)} numbers, the pictures have {channels} channels",
            hint="give one number a channel, or one for all",
        )
    return np.asarray(values, dtype=np.float32)


def _refuse_shape(rows: NDArray[Any], port: Port, network: OnnxNetwork) -> None:
    fits = len(rows.shape) == len(port.shape) and all(
        wanted in (None, got) for wanted, got in zip(port.shape[1:], rows.shape[1:], strict=True)
    )
    if not fits:
        raise InputError(
            f"{network.name} wants {port}, the rows have shape {rows.shape}",
            hint="give a model for rows of this shape, or reshape them",
        )


def _plain(name: str) -> str:
    """Names as exporters write them: other signs become underscores."""
    return re.sub(r"\W", "_", name)
