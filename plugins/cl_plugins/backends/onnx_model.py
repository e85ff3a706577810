"""The backend ``onnx``: an existing classifier in an ONNX file, asked batch by batch. Fits nothing."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cl_core.dataset import Dataset, Predictions
from cl_core.errors import ConfigError, InputError
from cl_core.hooks import Progress
from cl_plugins.backends.fixed_model import read_answer
from cl_plugins.backends.model_options import OnnxOptions
from cl_plugins.backends.onnx_feeds import Feed, make_feed
from cl_plugins.embeddings.onnx_network import OnnxNetwork, Port

_NUMBERS = ("tensor(float)", "tensor(double)", "tensor(float16)")


def predict_onnx(dataset: Dataset, options: OnnxOptions, progress: Progress) -> Predictions:
    """Probabilities of the model in `options.path` for every row; it is not changed by them."""
    progress(0, dataset.n_rows, "opening the model")
    network = OnnxNetwork(options.path, options.providers)
    port, guess = _output(network, options, dataset)
    feed, notes = make_feed(dataset, network, options)
    scores, names = _ask(network, port, feed, dataset.n_rows, options.batch_size, progress)
    probs, heard = read_answer(scores, names, dataset, options, network.name)
    model = f"ONNX model {network.sentence}, output {port.name}"
    return Predictions(probs, options.out_of_sample, model, (*guess, *notes, *heard))


def _output(network: OnnxNetwork, options: OnnxOptions, dataset: Dataset) -> tuple[Port, list[str]]:
    """Return the output with one number a class: the named one, or the only one that can be it."""
    named = network.output_named(options.output)
    if named is not None:
        return named, []
    able = [port for port in network.outputs if port.kind.startswith("seq(map(") or port.kind in _NUMBERS]
    fit = [p for p in able if not p.shape or p.shape[-1] in (None, dataset.n_classes)] or able
    likely = [p for p in fit if "prob" in p.name.lower()] or fit
    if len(likely) != 1:
        listed = ", ".join(map(str, network.outputs))
        raise ConfigError(
            f"{network.name} has {len(likely)} outputs that may hold probabilities: {listed}",
            hint="name one with model.output"
            if likely
            else "export the model with its probabilities or logits",
        )
    several = len(network.outputs) > 1
    return likely[0], [f"output {likely[0].name!r} of {network.name} was read"] if several else []


def _ask(
    network: OnnxNetwork, port: Port, feed: Feed, n_rows: int, batch_size: int, progress: Progress
) -> tuple[NDArray[Any], tuple[str, ...] | None]:
    """Scores of every row, shape (n, m) or (n,), and the model's names of its columns if it has any."""
    fixed = next((p.shape[0] for p in network.inputs if p.shape and p.shape[0] is not None), None)
    size = fixed or batch_size
    parts: list[NDArray[Any]] = []
    names: tuple[str, ...] | None = None
    for start in range(0, n_rows, size):
        progress(start, n_rows, f"asking {network.name}")
        rows = slice(start, min(start + size, n_rows))
        count = rows.stop - rows.start
        feeds = {name: _padded(value, fixed) for name, value in feed(rows).items()}
        answer: Any = _run(network, feeds, port)
        if isinstance(answer, list):  # ZipMap: a mapping from class to probability for each row
            answer, names = _from_maps(answer, names, network.name)
        part = np.asarray(answer)[:count]
        if len(part) != count:
            raise InputError(
                f"{network.name} answered {len(part)} rows for {count}",
                hint="export it with a free number of rows",
            )
        parts.append(part)
    progress(n_rows, n_rows, f"asking {network.name}")
    return np.concatenate(parts), names


def _run(network: OnnxNetwork, feeds: dict[str, NDArray[Any]], port: Port) -> Any:
    try:
        return network.run(feeds, port.name)
    except InputError as error:
        raise InputError(
            str(error), hint=f"give a model for such rows; this one wants {network.wants()}"
        ) from error


def _padded(rows: NDArray[Any], fixed: int | None) -> NDArray[Any]:
    """Repeat the last row until a model that takes whole batches only has one."""
    missing = (fixed or 0) - len(rows)
    return rows if missing <= 0 else np.concatenate([rows, np.repeat(rows[-1:], missing, axis=0)])


def _from_maps(
    answer: list[Any], names: tuple[str, ...] | None, model: str
) -> tuple[NDArray[Any], tuple[str, ...]]:
    if not answer or not isinstance(answer[0], dict):
        raise InputError(f"{model} answered a list of {type(answer[0]).__name__}", hint="name another output")
    keys = sorted(answer[0])
    found = tuple(str(key) for key in keys)
    if names not in (None, found) or any(len(row) != len(keys) for row in answer):
        raise InputError(f"{model} names other classes from row to row", hint="export it without ZipMap")
    return np.array([[row[key] for key in keys] for row in answer], dtype=np.float32), found
