"""Options of the backend ``llm``: what `model` in gate.yaml may say and what is refused."""

from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

from pydantic import Field, SecretStr, model_validator

from cl_plugins.backends.served.options import Address
from cl_plugins.options import Options

Method: TypeAlias = Literal["auto", "logprobs", "votes"]


class Example(Options):
    """A text and its class, shown to the model before each question."""

    text: str = Field(min_length=1, description="a text, or for a table its `column: value` lines")
    label: str = Field(description="its class")


class LlmOptions(Options):
    """Options of the backend ``llm``."""

    base_url: Address = Field(description="address of the endpoint, up to /v1; the texts are sent there")
    model: str = Field(min_length=1, description="name of the chat model")
    api_key: SecretStr | None = Field(None, description="key; write ${NAME} to take it from there")
    verify_tls: bool = Field(default=True, description="whether the server must show a valid certificate")

    task: str | None = Field(None, min_length=1, description="what the texts are and what is to be decided")
    descriptions: dict[str, str] = Field(
        default_factory=dict, description="a sentence on a class, by its name"
    )
    examples: tuple[Example, ...] = Field((), description="texts with their classes, shown to the model")
    max_characters: int = Field(8000, ge=1, description="longer texts are cut here, which is put on record")

    method: Method = Field(
        "auto", description="log-probabilities of the answer, or repeated votes; auto: tries the first"
    )
    top_logprobs: int = Field(20, ge=1, le=100, description="logprobs: alternatives to ask for")
    votes: int = Field(5, ge=1, le=100, description="votes: answers a row")
    temperature: float = Field(1.0, gt=0, le=2, description="votes: of the answers")
    smoothing: float = Field(1.0, gt=0, description="votes: added to a row's votes, spread over all classes")
    answer_tokens: int = Field(8, ge=1, description="longest answer; models that think aloud need more")
    tokens_field: Literal["max_tokens", "max_completion_tokens"] = Field(
        "max_tokens", description="what the endpoint calls the longest answer"
    )
    extra_body: dict[str, Any] = Field(default_factory=dict, description="further fields of each request")
    tries: int = Field(2, ge=1, le=10, description="how often a row is asked that got no class for an answer")
    max_no_answer: float = Field(
        0.05, ge=0, le=1, description="share of rows that may stay without an answer"
    )

    price_in: float | None = Field(None, ge=0, description="price of a million tokens sent")
    price_out: float | None = Field(None, ge=0, description="price of a million tokens answered")
    max_cost: float | None = Field(
        None, gt=0, description="most that this run may cost, in the prices' currency"
    )
    max_tokens_total: int | None = Field(None, ge=1, description="most tokens this run may use, both ways")
    max_requests: int | None = Field(None, ge=1, description="most requests this run may make")
    cache_path: Path | None = Field(
        None, description="file in which answers are kept; in the user's cache folder when left out"
    )

    concurrency: int = Field(4, ge=1, le=256, description="requests under way at once")
    retries: int = Field(5, ge=0, le=20, description="further tries after 429, 5xx and broken connections")
    timeout_s: float = Field(60.0, gt=0, description="seconds a single request may take")

    @model_validator(mode="after")
    def _has_prices(self) -> Self:
        if self.max_cost is not None and (self.price_in is None or self.price_out is None):
            raise ValueError("`max_cost` needs `price_in` and `price_out`, for a million tokens each")
        return self
