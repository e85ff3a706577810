"""Options of the backend ``http``: what `model` in gate.yaml may say and what is refused."""

from typing import Annotated, Any, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from cl_plugins.options import Options

ROWS = "{rows}"


def _http_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("wanted an address that starts with https:// or http://")
    if parts.username or parts.password:
        raise ValueError("wanted an address without a name and password: give a `token` or `headers`")
    return url


Address: TypeAlias = Annotated[str, AfterValidator(_http_address)]


class ServerOptions(Options):
    """How to talk to any server: secrets, patience, limits."""

    token: SecretStr | None = Field(None, description="bearer token; write ${NAME} to take it from there")
    headers: dict[str, SecretStr] = Field(default_factory=dict, description="further headers of each request")
    verify_tls: bool = Field(default=True, description="whether the server must show a valid certificate")
    concurrency: int = Field(4, ge=1, le=256, description="requests under way at once")
    retries: int = Field(
        5,
        ge=0,
        le=20,
        description="further tries after 429, 502, 503, 504, a broken connection or a time-out",
    )
    timeout_s: float = Field(60.0, gt=0, description="seconds a single request may take")
    time_limit_s: float = Field(3600.0, gt=0, description="seconds all requests together may take")
    max_response_mb: float = Field(64.0, gt=0, description="largest answer that is read, in megabytes")


class HttpOptions(ServerOptions):
    """Options of the backend ``http``."""

    url: Address = Field(
        description="kserve: the server's address, before /v2; json: the address that takes the rows"
    )
    protocol: Literal["kserve", "json"] = Field(
        "kserve", description="kserve: Open Inference Protocol, also called KServe v2; json: plain JSON"
    )
    model: str | None = Field(None, min_length=1, description="kserve: name of the model")
    version: str | None = Field(None, min_length=1, description="kserve: version; the server's when left out")
    input: str | None = Field(
        None,
        min_length=1,
        description="kserve: input tensor that takes everything; by metadata when left out",
    )
    output: str | None = Field(
        None, min_length=1, description="kserve: output tensor with the probabilities, such as predict_proba"
    )
    datatype: Literal["FP16", "FP32", "FP64", "INT32", "INT64", "UINT8", "BYTES"] | None = Field(
        None, description="kserve: of the input tensors; by metadata, else by the data, when left out"
    )
    parameters: dict[str, Any] = Field(
        default_factory=dict, description="kserve: of each request, such as content_type: pd for MLServer"
    )
    request: Any = Field(
        default={"instances": ROWS}, description="json: body of a request; {rows} stands for the rows"
    )
    response: str = Field(
        "predictions",
        description="json: where the rows are in the answer, such as predictions, outputs[0].data or "
        "results[*].probabilities; empty: the answer itself",
    )
    rows: Literal["records", "columns", "lists"] = Field(
        "records", description="json: a table as one object a row, one list a column, or one list a row"
    )
    classes: tuple[str, ...] | None = Field(
        None,
        description="class names in the order of the model's columns; by the server, else the data set's",
    )
    positive: str | None = Field(
        None, description="two classes and one number a row: the class whose probability it is"
    )
    logits: bool = Field(default=False, description="whether the model gives logits: softmax is applied")
    batch_size: int = Field(100, ge=1, description="rows in a request")
    out_of_sample: bool | None = Field(
        None, description="true when the model never saw the labels it is to judge"
    )

    @model_validator(mode="after")
    def _fits_protocol(self) -> Self:
        if self.protocol == "kserve" and self.model is None:
            raise ValueError("protocol kserve needs the `model`'s name")
        if self.protocol == "json" and _count(self.request) != 1:
            raise ValueError(f"`request` holds {ROWS!r} {_count(self.request)} times, wanted it once")
        return self


def _count(template: Any) -> int:
    if isinstance(template, dict):
        return sum(_count(part) for part in template.values())
    if isinstance(template, list | tuple):
        return sum(_count(part) for part in template)
    return int(template == ROWS)
