"""A chat-completions endpoint, by the official client: one question in, one answer out. No prompts."""

import math
from typing import Any, NoReturn

from cl_core.errors import ConfigError, PluginError
from cl_plugins.backends.llm.answer import Answer, Position
from cl_plugins.backends.llm.options import LlmOptions
from cl_plugins.backends.llm.prompts import Messages
from cl_plugins.backends.served.secrets import excerpt, shown
from cl_plugins.needs import needed


class RefusedRequestError(ConfigError):
    """The endpoint does not take a request as it is (status 400 or 422)."""


class Endpoint:
    """Asks one model; safe to call from several threads. The client tries passing failures again."""

    def __init__(self, options: LlmOptions) -> None:
        self._openai = needed("openai", "llm", "the backend llm")
        self._options = options
        key = options.api_key.get_secret_value() if options.api_key else ""
        self._secrets = (key,)
        # The HTTP library would quote the header, and the key in it.
        if not (key.isascii() and key.isprintable()) or key != key.strip():
            raise ConfigError(
                "`api_key` holds a character that no HTTP header may hold",
                hint="look for spaces, line ends and letters with accents in the environment variable",
            )
        http = self._openai.DefaultHttpxClient(follow_redirects=False, verify=options.verify_tls)
        # A key must be given: the client would take one from the environment, for whatever address.
        self._client = self._openai.OpenAI(
            api_key=key or "none",
            base_url=options.base_url,
            max_retries=options.retries,
            timeout=options.timeout_s,
            http_client=http,
        )

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def ask(self, messages: Messages, sampling: dict[str, Any]) -> Answer:
        """Return the model's answer.

        Raises
        ------
        RefusedRequestError
            For a request that the endpoint does not take as it is.
        ConfigError
            For a wrong key, address or model.
        PluginError
            For an endpoint that stays away, and for what is no chat completion.
        """
        try:
            completion = self._client.chat.completions.create(
                model=self._options.model, messages=messages, **sampling
            )
        except self._openai.OpenAIError as error:
            self._failed(error)
        except ValueError as error:  # an answer that is no JSON
            self._no_completion(str(error))
        choices: Any = getattr(completion, "choices", None)
        message = getattr(choices[0], "message", None) if choices else None
        if message is None:
            self._no_completion(str(completion))
        usage = getattr(completion, "usage", None)
        return Answer(
            message.content if isinstance(message.content, str) else "",
            _positions(choices[0]),
            getattr(usage, "prompt_tokens", None),
            getattr(usage, "completion_tokens", None),
        )

    def _failed(self, error: Exception) -> NoReturn:
        where = f"model {self._options.model!r} at {shown(self._options.base_url)}"
        status = getattr(error, "status_code", None)
        cause = f" ({type(error.__cause__).__name__}: {error.__cause__})" if error.__cause__ else ""
        said = excerpt(f"{error}{cause}", self._secrets)
        if status is None or status == 429 or status >= 500:  # noqa: PLR2004 - as HTTP counts
            raise PluginError(
                f"{where} gave no answer after {self._options.retries + 1} tries: {said}",
                hint="wait, or ask less at once (concurrency), more patiently (retries, timeout_s): only the "
                "rest is asked next time",
            ) from None
        message = f"{where} answered with status {status}: {said}"
        if status in (400, 422):
            raise RefusedRequestError(
                message, hint="check what the endpoint takes: method, top_logprobs, tokens_field, extra_body"
            ) from None
        raise ConfigError(message, hint="check `base_url` (up to /v1), `model` and `api_key`") from None

    def _no_completion(self, what: str) -> NoReturn:
        raise PluginError(
            f"{shown(self._options.base_url)} answered with something else than a chat completion: "
            f"{excerpt(what, self._secrets)!r}",
            hint="check `base_url`: most end in /v1",
        ) from None


def _positions(choice: Any) -> tuple[Position, ...]:
    content = getattr(getattr(choice, "logprobs", None), "content", None) or ()
    return tuple(_position(token) for token in content)


def _position(token: Any) -> Position:
    top: dict[str, float] = {one.token: one.logprob for one in token.top_logprobs or ()}
    top.setdefault(token.token, token.logprob)
    # Some servers say -9999 or minus infinity for "very unlikely".
    fit = {name: min(0.0, log) for name, log in top.items() if math.isfinite(log)}
    return token.token, tuple(fit.items())
