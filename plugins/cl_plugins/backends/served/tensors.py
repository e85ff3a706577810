"""Tensors of the Open Inference Protocol: a batch as inputs, and the output that holds probabilities."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cl_core.errors import InputError, PluginError
from cl_plugins.backends.served.rows import cells

_NUMPY = {"FP16": "f2", "FP32": "f4", "FP64": "f8", "INT32": "i4", "INT64": "i8", "UINT8": "u1", "BOOL": "?"}
_NUMPY |= {"INT8": "i1", "INT16": "i2", "UINT16": "u2", "UINT32": "u4", "UINT64": "u8"}


@dataclass(frozen=True, slots=True)
class Tensor:
    """What metadata say of an input or output; -1 in `shape` stands for any number."""

    name: str
    datatype: str | None = None
    shape: tuple[int, ...] | None = None


def matrix(tensor: Tensor, values: Any) -> dict[str, Any]:
    """Return the input for an array, rows first.

    Raises
    ------
    InputError
        Where its shape is not the model's, or its numbers do not fit the model's datatype.
    """
    array = np.asarray(values)
    datatype = tensor.datatype or _datatype(array)
    _check_shape(tensor, array)
    if datatype == "BYTES":
        return _input(
            tensor.name, list(array.shape), datatype, [str(cell) for cell in array.ravel().tolist()]
        )
    return _input(tensor.name, list(array.shape), datatype, _cast(tensor.name, array, datatype))


def column(tensor: Tensor, values: "pd.Series[Any]") -> dict[str, Any]:
    """Return the input for one column of a table."""
    listed = cells(values)
    if None in listed:
        raise InputError(
            f"column {tensor.name!r} has empty cells, which a tensor in JSON cannot hold",
            hint="fill them as the model was taught to, or use protocol: json",
        )
    is_number = pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)
    array = values.to_numpy() if is_number else np.array([str(cell) for cell in listed], dtype=object)
    wide = tensor.shape is None or len(tensor.shape) != 1
    return matrix(tensor, array.reshape(-1, 1) if wide else array)


def texts(tensor: Tensor, values: list[str]) -> dict[str, Any]:
    """Return the input for texts: one string a row.

    Raises
    ------
    InputError
        For a model that takes numbers.
    """
    if tensor.datatype not in (None, "BYTES"):
        raise InputError(
            f"input {tensor.name!r} of the model takes {tensor.datatype}, the data set has texts or files",
            hint="serve a model that takes BYTES, or load pictures and sounds as arrays",
        )
    array = np.array([str(text) for text in values], dtype=object)
    wide = tensor.shape is not None and len(tensor.shape) > 1
    return matrix(Tensor(tensor.name, "BYTES", tensor.shape), array.reshape(-1, 1) if wide else array)


def output_rows(answer: Any, wanted: str | None, n_classes: int) -> Any:
    """Return the rows of the output that holds probabilities.

    The one named `wanted`; else the only one; else the only one with a column for each class.

    Raises
    ------
    PluginError
        For an answer that is no inference response, or where no single output fits.
    """
    outputs = answer.get("outputs") if isinstance(answer, dict) else None
    if not isinstance(outputs, list) or not all(_is_tensor(output) for output in outputs):
        raise PluginError(
            f"the answer is no inference response with `outputs`: {str(answer)[:80]!r}",
            hint="check `url` and `protocol`: the server does not speak the Open Inference Protocol there",
        )
    fitting = [output for output in outputs if wanted is None or output["name"] == wanted]
    if len(fitting) > 1:
        fitting = [output for output in fitting if output["shape"][1:] == [n_classes]]
    if len(fitting) != 1:
        known = ", ".join(f"{output['name']} {output['shape']}" for output in outputs)
        raise PluginError(
            f"{len(fitting)} outputs fit probabilities of {n_classes} classes; the answer has {known}",
            hint="name the output with the probabilities: `output`",
        )
    (output,) = fitting
    try:
        return np.asarray(output["data"], dtype=np.float64).reshape(output["shape"])
    except (TypeError, ValueError):
        raise PluginError(
            f"output {output['name']!r} holds something else than {output['shape']} numbers: "
            f"{str(output['data'])[:80]!r}",
            hint="name the output with the probabilities: `output`",
        ) from None


def _is_tensor(output: Any) -> bool:
    return isinstance(output, dict) and {"name", "shape", "data"} <= set(output)


def _input(name: str, shape: list[int], datatype: str, data: list[Any]) -> dict[str, Any]:
    return {"name": name, "shape": shape, "datatype": datatype, "data": data}


def _check_shape(tensor: Tensor, array: Any) -> None:
    if tensor.shape is None:
        return
    fits = len(tensor.shape) == array.ndim and all(
        wanted in (-1, found) for wanted, found in zip(tensor.shape[1:], array.shape[1:], strict=True)
    )
    if not fits:
        raise InputError(
            f"input {tensor.name!r} of the model has shape {list(tensor.shape)}, a batch of the data set "
            f"{list(array.shape)}",
            hint="send the features the model was fitted on, in the same order: data.features names them",
        )


def _datatype(array: Any) -> str:
    floats = "FP64" if array.dtype == np.float64 else "FP32"
    return {"f": floats, "b": "BOOL", "u": "INT64", "i": "INT64"}.get(array.dtype.kind, "BYTES")


def _cast(name: str, array: Any, datatype: str) -> list[Any]:
    if datatype not in _NUMPY:
        raise InputError(
            f"input {name!r} of the model has datatype {datatype}, which is not known here",
            hint=f"known: {', '.join(_NUMPY)}, BYTES; set `datatype`",
        )
    if array.dtype.kind not in "biuf":
        raise InputError(
            f"input {name!r} of the model takes {datatype}, the data set has {array.dtype}",
            hint="send the features the model was fitted on: data.features names them",
        )
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise InputError(
            f"input {name!r} gets {int((~np.isfinite(array)).sum()):,} NaN or infinite cells, "
            "which JSON cannot say",
            hint="fill them as the model was taught to",
        )
    with np.errstate(all="ignore"):
        cast = array.astype(_NUMPY[datatype])
    kept = np.isfinite(cast).all() if cast.dtype.kind == "f" else (cast == array).all()
    if not kept:
        raise InputError(
            f"input {name!r} of the model takes {datatype}, which cannot hold the data set's numbers",
            hint="set `datatype`, or check the order of the features",
        )
    listed: list[Any] = cast.ravel().tolist()
    return listed
