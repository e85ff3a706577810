"""Asks about one text, within the budget, and keeps every answer. No loop over rows."""

import json
import threading
from dataclasses import dataclass, field
from typing import Any, Literal

from cl_core.errors import ConfigError, PluginError
from cl_core.types import FloatArray
from cl_plugins.backends.llm.answer import Answer
from cl_plugins.backends.llm.answers import KeptAnswers, digest
from cl_plugins.backends.llm.budget import Budget
from cl_plugins.backends.llm.endpoint import Endpoint, RefusedRequestError
from cl_plugins.backends.llm.options import LlmOptions
from cl_plugins.backends.llm.prompts import Messages, Prompts
from cl_plugins.backends.llm.reading import code_in, probs_from_tokens, probs_from_votes

# Part of every key: raised when the meaning of a kept answer changes.
_FORM = 1


@dataclass(slots=True)
class Interview:
    """Turns a text into class probabilities by asking the model as often as it takes."""

    options: LlmOptions
    prompts: Prompts
    endpoint: Endpoint
    kept: KeptAnswers
    budget: Budget
    method: Literal["logprobs", "votes"]
    stopped: threading.Event = field(default_factory=threading.Event)
    asked: set[str] = field(default_factory=set)  # keys of this run's own answers
    reused: set[str] = field(default_factory=set)  # keys of answers from earlier runs

    def probabilities(self, text: str) -> FloatArray | None:
        """Return probabilities, shape (k,); None where no answer was a class."""
        if self.method == "logprobs":
            return self._by_tokens(text)
        found = [code_in(answer.content, self.prompts.codes) for answer in self._votes(text)]
        votes = [vote for vote in found if vote is not None]
        return probs_from_votes(votes, len(self.prompts.codes), self.options.smoothing) if votes else None

    def gives_logprobs(self, text: str) -> bool:
        """Ask about `text` to see whether the endpoint gives log-probabilities; the answer is kept."""
        try:
            return bool(self._ask(text, 0, 0).positions)
        except RefusedRequestError:
            return False

    def to_ask(self, text: str) -> tuple[int, int]:
        """Return how many first questions about `text` are not answered yet, and the bytes of each."""
        samples = self.options.votes if self.method == "votes" else 1
        messages = self.prompts.ask(text, again=False)
        missing = sum(not self.kept.has(self._key(messages, sample, 0)) for sample in range(samples))
        return missing, _size(messages)

    def _by_tokens(self, text: str) -> FloatArray | None:
        for attempt in range(self.options.tries):
            answer = self._ask(text, 0, attempt)
            if code_in(answer.content, self.prompts.codes) is None:
                continue
            if not answer.positions:
                raise PluginError(
                    f"model {self.options.model!r} gives no log-probabilities", hint="set method: votes"
                )
            return probs_from_tokens(answer.positions, self.prompts.codes)
        return None

    def _votes(self, text: str) -> list[Answer]:
        votes = []
        for sample in range(self.options.votes):
            for attempt in range(self.options.tries):
                answer = self._ask(text, sample, attempt)
                if code_in(answer.content, self.prompts.codes) is not None:
                    break
            votes.append(answer)
        return votes

    def _ask(self, text: str, sample: int, attempt: int) -> Answer:
        messages = self.prompts.ask(text, again=attempt > 0)
        key = self._key(messages, sample, attempt)
        found = self.kept.find(key)
        if found is not None:
            if key not in self.asked:
                self.reused.add(key)
            return found
        if self.stopped.is_set():
            raise ConfigError("stopped", hint="another question failed")
        size, most = _size(messages), self.options.answer_tokens
        held = self.budget.hold(size, most)
        try:
            answer = self.endpoint.ask(messages, self._sampling())
        except BaseException:
            self.budget.release(held, most)
            raise
        self.asked.add(key)
        kept = self.kept.keep(key, answer)
        self.budget.settle(held, most, size, (answer.tokens_in, answer.tokens_out))
        return kept

    def _sampling(self) -> dict[str, Any]:
        options = self.options
        asked: dict[str, Any] = {options.tokens_field: options.answer_tokens}
        if self.method == "logprobs":
            asked |= {"temperature": 0.0, "logprobs": True, "top_logprobs": options.top_logprobs}
        else:
            asked |= {"temperature": options.temperature}
        return asked | ({"extra_body": options.extra_body} if options.extra_body else {})

    def _key(self, messages: Messages, sample: int, attempt: int) -> str:
        model = [_FORM, self.options.base_url, self.options.model, self._sampling()]
        return digest(json.dumps([*model, messages, sample, attempt], sort_keys=True))


def _size(messages: Messages) -> int:
    return sum(len(message["content"].encode()) for message in messages)
