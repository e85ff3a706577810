"""The Open Inference Protocol (KServe v2): is the model ready, what does it take, one batch. No retries."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import numpy as np
import pandas as pd

from cl_core.dataset import Dataset
from cl_core.errors import ConfigError, InputError, PluginError
from cl_core.media import Clips
from cl_plugins.backends.served import tensors
from cl_plugins.backends.served.client import Client
from cl_plugins.backends.served.options import HttpOptions
from cl_plugins.backends.served.rows import json_rows
from cl_plugins.backends.served.tensors import Tensor


@dataclass(frozen=True, slots=True)
class Served:
    """A model as its server describes it: every part empty where the server says nothing."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    classes: tuple[str, ...] | None
    version: str | None

    def largest_batch(self, wanted: int) -> int:
        """Rows that a request may hold: a model exported with a fixed batch takes no more."""
        fixed = [t.shape[0] for t in self.inputs if t.shape and t.shape[0] > 0]
        return min([wanted, *fixed])


def look_up(client: Client, options: HttpOptions) -> Served:
    """Ask whether server and model are ready, and what the model takes and gives.

    Raises
    ------
    ConfigError
        For an address, model or version that is not there.
    PluginError
        For a model that is not ready.
    """
    status, answer = client.get(f"{options.url.rstrip('/')}/v2/health/ready")
    # A gateway may show the model's own addresses only: 404 here proves nothing.
    if status not in (httpx.codes.OK, httpx.codes.NOT_FOUND):
        client.refuse(options.url, status, answer)
    status, answer = client.get(f"{_model_url(options)}/ready")
    not_ready = isinstance(answer, dict) and answer.get("ready") is False
    if status == httpx.codes.BAD_REQUEST or not_ready:
        raise PluginError(f"model {options.model!r} is not ready", hint="wait until the server has loaded it")
    if status != httpx.codes.OK:
        client.refuse(f"{_model_url(options)}/ready", status, answer)
    status, described = client.get(_model_url(options))
    if status != httpx.codes.OK or not isinstance(described, dict):
        described = {}
    found = Served(
        _tensors(described.get("inputs")),
        _tensors(described.get("outputs")),
        _classes(described),
        next(iter(map(str, described.get("versions") or ())), None),
    )
    _refuse_unknown(options, found)
    return found


def infer(
    client: Client, options: HttpOptions, served: Served, dataset: Dataset, start: int, stop: int
) -> Any:
    """Send rows `start` to `stop` and return the rows of the output with the probabilities."""
    body: dict[str, Any] = {"inputs": inputs(options, served, dataset, start, stop)}
    if options.parameters:
        body["parameters"] = options.parameters
    if options.output is not None:
        body["outputs"] = [{"name": options.output}]
    answer = client.post(f"{_model_url(options)}/infer", body)
    return tensors.output_rows(answer, options.output, dataset.n_classes)


def inputs(
    options: HttpOptions, served: Served, dataset: Dataset, start: int, stop: int
) -> list[dict[str, Any]]:
    """Return the input tensors for rows `start` to `stop`.

    One tensor for texts, arrays and pictures, and for a table whose model has a single input (or none
    described and nothing but numbers); else one tensor a column of the table, found by name.
    """
    features = dataset.features
    if isinstance(features, Clips):
        raise InputError(
            "clips of any length do not fit in a tensor", hint="use protocol: json, or embed the clips first"
        )
    if isinstance(features, pd.DataFrame):
        return _table(options, served, features.iloc[start:stop])
    rows = json_rows(dataset, start, stop, "lists")
    tensor = _single(options, served)
    if isinstance(rows[0], str):
        given = tensors.texts(tensor, rows)
        return [given | {"parameters": {"content_type": "str" if dataset.modality == "text" else "base64"}}]
    return [tensors.matrix(tensor, np.asarray(features[start:stop]))]


def _table(options: HttpOptions, served: Served, frame: pd.DataFrame) -> list[dict[str, Any]]:
    numeric = all(pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes)
    one = options.input is not None or len(served.inputs) == 1 or (not served.inputs and numeric)
    by_name = len(served.inputs) == 1 and served.inputs[0].name in frame.columns and options.input is None
    if one and not by_name:
        return [tensors.matrix(_single(options, served), frame.to_numpy())]
    wanted = served.inputs or tuple(Tensor(str(name)) for name in frame.columns)
    missing = [tensor.name for tensor in wanted if tensor.name not in frame.columns]
    if missing:
        raise InputError(
            f"the model takes {', '.join(map(repr, missing[:10]))}, which the data set does not have",
            hint=f"columns of the data set: {', '.join(map(str, frame.columns[:20]))}",
        )
    return [tensors.column(_typed(options, tensor), frame[tensor.name]) for tensor in wanted]


def unsent(options: HttpOptions, served: Served, dataset: Dataset) -> list[str]:
    """Name the columns of a table that the model does not take."""
    if not isinstance(dataset.features, pd.DataFrame) or options.input is not None or not served.inputs:
        return []
    taken = {tensor.name for tensor in served.inputs}
    columns = [str(name) for name in dataset.features.columns]
    return [name for name in columns if name not in taken] if taken & set(columns) else []


def _single(options: HttpOptions, served: Served) -> Tensor:
    named = [t for t in served.inputs if options.input in (None, t.name)]
    if len(named) > 1:
        raise InputError(
            f"the model has the inputs {', '.join(t.name for t in named)}; the data set is no table",
            hint="name the one that takes the rows: `input`",
        )
    return _typed(options, named[0] if named else Tensor(options.input or "input-0"))


def _typed(options: HttpOptions, tensor: Tensor) -> Tensor:
    return Tensor(tensor.name, options.datatype or tensor.datatype, tensor.shape)


def _model_url(options: HttpOptions) -> str:
    version = f"/versions/{quote(options.version, safe='')}" if options.version else ""
    return f"{options.url.rstrip('/')}/v2/models/{quote(options.model or '', safe='')}{version}"


def _tensors(described: Any) -> tuple[Tensor, ...]:
    found = []
    for one in described if isinstance(described, list) else []:
        if isinstance(one, dict) and isinstance(one.get("name"), str):
            shape = one.get("shape")
            whole = isinstance(shape, list) and all(isinstance(size, int) for size in shape)
            found.append(Tensor(one["name"], one.get("datatype"), tuple(shape) if whole and shape else None))
    return tuple(found)


def _classes(described: dict[str, Any]) -> tuple[str, ...] | None:
    """Return class names where metadata carry them: the protocol has no field, servers use parameters."""
    places = [described, *(o for o in described.get("outputs") or () if isinstance(o, dict))]
    for place in places:
        parameters = place.get("parameters")
        for key in ("classes", "labels"):
            names = parameters.get(key) if isinstance(parameters, dict) else None
            if isinstance(names, list) and names:
                return tuple(map(str, names))
    return None


def _refuse_unknown(options: HttpOptions, served: Served) -> None:
    for what, wanted, known in (
        ("input", options.input, served.inputs),
        ("output", options.output, served.outputs),
    ):
        names = [tensor.name for tensor in known]
        if wanted is not None and names and wanted not in names:
            raise ConfigError(
                f"model {options.model!r} has no {what} {wanted!r}", hint=f"{what}s: {', '.join(names)}"
            )
