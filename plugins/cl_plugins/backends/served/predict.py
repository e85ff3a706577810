"""The backend ``http``: sends a data set to a served model, batch by batch. No model here."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from cl_core.dataset import Dataset, Predictions
from cl_core.errors import LabelgateError
from cl_core.hooks import Progress
from cl_core.types import FloatArray
from cl_plugins.backends.parallel import in_parallel
from cl_plugins.backends.served import kserve, plain
from cl_plugins.backends.served.answers import Reader
from cl_plugins.backends.served.client import Client
from cl_plugins.backends.served.options import HttpOptions
from cl_plugins.backends.served.rows import json_rows
from cl_plugins.backends.served.secrets import host

# Rows `start` to `stop` in, what the server answered for them out.
_Ask = Callable[[int, int], Any]


def predict_http(dataset: Dataset, options: HttpOptions, progress: Progress) -> Predictions:
    """Ask the model for every row; one batch that fails fails the run, nothing is filled in."""
    progress(0, dataset.n_rows, "asking the server what it serves")
    with Client(options, options.url) as client:
        ask, columns, batch_size, notes = _protocol(client, options, dataset)
        classes = options.classes or columns
        if classes is None and options.positive is None:
            notes.append(
                "the server does not say in which order its classes are: taken to be the data set's, "
                f"{', '.join(dataset.classes[:10])} (say it with `classes`)"
            )
        reader = Reader(dataset.classes, classes or dataset.classes, options.positive, options.logits)
        probs = _all_batches(client, options, partial(_batch, ask, reader), dataset, batch_size, progress)
    if not options.verify_tls:
        notes.append("the server's certificate was not checked (verify_tls: false)")
    if options.out_of_sample is not True:
        notes.append(_sample_note(options.out_of_sample))
    name = f"model {options.model!r}" if options.protocol == "kserve" else "a model"
    version = f" version {options.version}" if options.version else ""
    model = f"{name}{version} at {host(options.url)}, protocol {options.protocol}"
    return Predictions(probs, options.out_of_sample, model, tuple(notes))


def _protocol(
    client: Client, options: HttpOptions, dataset: Dataset
) -> tuple[_Ask, tuple[str, ...] | None, int, list[str]]:
    """How to ask, the classes in the server's order where it says so, rows in a request, notes."""
    if options.protocol == "json":
        path = plain.steps(options.response)

        def ask(start: int, stop: int) -> Any:
            rows = json_rows(dataset, start, stop, options.rows)
            return plain.picked(client.post(options.url, plain.filled(options.request, rows)), path)

        return ask, None, options.batch_size, []
    served = kserve.look_up(client, options)
    notes = []
    if left := kserve.unsent(options, served, dataset):
        notes.append(
            f"{len(left)} columns are not sent, the model does not take them: {', '.join(left[:10])}"
        )
    if options.version is None and served.version is not None:
        notes.append(f"the server has version {served.version} of the model")

    def infer(start: int, stop: int) -> Any:
        return kserve.infer(client, options, served, dataset, start, stop)

    return infer, served.classes, served.largest_batch(options.batch_size), notes


def _batch(ask: _Ask, reader: Reader, rows: tuple[int, int]) -> FloatArray:
    """Probabilities of one batch; an error names its rows."""
    start, stop = rows
    try:
        return reader.read(ask(start, stop), stop - start)
    except LabelgateError as error:
        error.args = (f"rows {start:,} to {stop - 1:,}: {error}",)
        raise


def _all_batches(
    client: Client,
    options: HttpOptions,
    work: Callable[[tuple[int, int]], FloatArray],
    dataset: Dataset,
    batch_size: int,
    progress: Progress,
) -> FloatArray:
    n = dataset.n_rows
    probs = np.full((n, dataset.n_classes), np.nan)
    # The first batch goes alone: what is wrong with it is wrong with all of them.
    batches = [(start, min(n, start + batch_size)) for start in range(0, n, batch_size)]
    done = 0
    for part in (batches[:1], batches[1:]):
        for (start, stop), found in in_parallel(work, part, options.concurrency, client.stop):
            probs[start:stop] = found
            done += stop - start
            progress(done, n, "asking the model")
    return probs


def _sample_note(out_of_sample: bool | None) -> str:  # noqa: FBT001 - a word about it
    if out_of_sample is False:
        return "these probabilities are in-sample: the model saw the labels it judges and hides their errors"
    return (
        "nobody can check that the served model never saw these labels; a model that saw a label hides its "
        "error (say so with out_of_sample: true where you know)"
    )
