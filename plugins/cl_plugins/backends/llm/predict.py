"""The backend ``llm``: a chat model labels each row, out of sample, as it never sees a given label."""

from contextlib import closing
from dataclasses import replace
from typing import Literal

import numpy as np

from cl_core.dataset import Dataset, Predictions
from cl_core.errors import LabelgateError, PluginError
from cl_core.hooks import Progress
from cl_core.types import FloatArray
from cl_plugins.backends.llm.answers import KeptAnswers, default_path
from cl_plugins.backends.llm.budget import Budget, Limits
from cl_plugins.backends.llm.endpoint import Endpoint
from cl_plugins.backends.llm.interview import Interview
from cl_plugins.backends.llm.options import LlmOptions
from cl_plugins.backends.llm.prompts import make_prompts, row_texts
from cl_plugins.backends.parallel import in_parallel
from cl_plugins.backends.served.secrets import host


def predict_llm(dataset: Dataset, options: LlmOptions, progress: Progress) -> Predictions:
    """Ask the model about every text that has no kept answer, and read probabilities from the answers."""
    progress(0, dataset.n_rows, "looking for answers that are kept")
    texts, notes = _texts(dataset, options)
    prompts = make_prompts(dataset.classes, options)
    shown = {shot for shot, _ in prompts.shots}
    if same := sum(text in shown for text in texts):
        notes.append(f"{same:,} rows are word for word an example: they were asked without it")
    budget = Budget(
        Limits(
            options.max_requests,
            options.max_tokens_total,
            options.max_cost,
            options.price_in,
            options.price_out,
        )
    )
    path = options.cache_path or default_path()
    with closing(Endpoint(options)) as endpoint, KeptAnswers(path) as kept:
        interview = Interview(options, prompts, endpoint, kept, budget, _first(options))
        try:
            interview, said = _with_method(interview, texts[0])
            notes += [*said, _estimate(interview, texts, progress)]
            probs, told = _all_rows(interview, dataset, texts, progress)
        except LabelgateError as error:
            error.args = (f"{error}; this run spent {budget.spent()}; every answer is kept in {str(path)!r}",)
            raise
    notes += [*told, *_accounts(interview), _OUT_OF_SAMPLE]
    model = f"chat model {options.model!r} at {host(options.base_url)}, by {_how(interview)}"
    return Predictions(probs, out_of_sample=True, model=model, notes=tuple(notes))


_OUT_OF_SAMPLE = (
    "the chat model was shown no given label; whether it saw these data in its own training nobody can tell"
)


def _texts(dataset: Dataset, options: LlmOptions) -> tuple[list[str], list[str]]:
    texts = row_texts(dataset)
    cut = [text[: options.max_characters] for text in texts]
    long = sum(len(text) > options.max_characters for text in texts)
    said = f"{long:,} rows are longer than max_characters ({options.max_characters:,}) and were cut"
    return cut, [said] if long else []


def _first(options: LlmOptions) -> Literal["logprobs", "votes"]:
    return "votes" if options.method == "votes" else "logprobs"


def _with_method(interview: Interview, text: str) -> tuple[Interview, list[str]]:
    if interview.options.method != "auto":
        return interview, []
    if interview.gives_logprobs(text):
        return interview, ["the endpoint gives log-probabilities: method logprobs"]
    return replace(interview, method="votes"), ["the endpoint gives no log-probabilities: method votes"]


def _estimate(interview: Interview, texts: list[str], progress: Progress) -> str:
    """Say before anything is asked what it will take."""
    missing = size = 0
    for text in dict.fromkeys(texts):
        questions, each = interview.to_ask(text)
        missing += questions
        size += questions * each
    budget, out = interview.budget, missing * interview.options.answer_tokens
    tokens = budget.tokens(size) if missing else 0
    said = f"expected: {missing:,} requests, {tokens:,} tokens in, at most {out:,} out"
    if budget.limits.has_prices:
        said += f", cost {budget.limits.cost(tokens, out):.4f}"
    progress(0, len(texts), said)
    return said


def _all_rows(
    interview: Interview, dataset: Dataset, texts: list[str], progress: Progress
) -> tuple[FloatArray, list[str]]:
    """Ask about each different text once, and give every row its probabilities."""
    rows: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        rows.setdefault(text, []).append(row)
    n, k = dataset.n_rows, dataset.n_classes
    probs = np.full((n, k), 1.0 / k)
    done = silent = 0
    most = interview.options.max_no_answer * n
    work, workers = interview.probabilities, interview.options.concurrency
    for text, found in in_parallel(work, rows, workers, interview.stopped.set):
        done += len(rows[text])
        if found is None:
            silent += len(rows[text])
            if silent > most:
                raise _too_silent(silent, done, interview.options)
        else:
            probs[rows[text]] = found
        progress(done, n, "asking the chat model")
    notes = []
    if silent:
        notes.append(
            f"{silent:,} of {n:,} rows got no class for an answer in {interview.options.tries} tries: every "
            "class is equally likely there, which says nothing about their labels"
        )
    if len(rows) < n:
        notes.append(f"{n - len(rows):,} rows repeat the text of another: each text was asked once")
    return probs, notes


def _too_silent(silent: int, done: int, options: LlmOptions) -> PluginError:
    return PluginError(
        f"{silent:,} of the first {done:,} rows got no class for an answer, more than max_no_answer "
        f"({options.max_no_answer:.0%}) allows",
        hint="look at what the model answers: `task`, `descriptions` and `examples` make it clearer, "
        "answer_tokens gives a model that thinks aloud more room",
    )


def _accounts(interview: Interview) -> list[str]:
    budget = interview.budget
    notes = [
        f"this run spent {budget.spent()}; {len(interview.reused):,} answers were kept from earlier runs"
    ]
    if budget.guessed:
        notes.append(
            f"the endpoint did not count the tokens of {budget.guessed:,} answers: they are estimates"
        )
    if not interview.options.verify_tls:
        notes.append("the endpoint's certificate was not checked (verify_tls: false)")
    return notes


def _how(interview: Interview) -> str:
    if interview.method == "logprobs":
        return "log-probabilities"
    return f"{interview.options.votes} votes a row at temperature {interview.options.temperature:g}"
