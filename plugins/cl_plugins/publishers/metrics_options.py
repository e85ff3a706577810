"""Options of the publishers that hand figures to monitoring and lineage tools."""

from pathlib import Path
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr, model_validator

from cl_plugins.options import Options
from cl_plugins.publishers.delivery import DeliveryOptions, Headers, HeaderSecret, SecretAddress


class PrometheusTextfileOptions(Options):
    """Options of the publisher ``prometheus_textfile``."""

    folder: Path = Field(description="folder of node_exporter's textfile collector; one file a data set")


class OpenTelemetryOptions(DeliveryOptions):
    """Options of the publisher ``opentelemetry``."""

    endpoint: SecretAddress = Field(
        SecretStr("http://localhost:4318"),
        description="OTLP over HTTP, such as ${OTEL_EXPORTER_OTLP_ENDPOINT}; /v1/metrics is added",
    )
    headers: Headers = Field(default_factory=dict, description="further headers, such as a key")
    service_name: str = Field("labelgate", min_length=1, description="service.name of the resource")
    attributes: dict[str, str] = Field(
        default_factory=dict,
        description="further attributes of the resource, such as deployment.environment.name",
    )


def _parent(text: str) -> str:
    parts = text.rsplit("/", 2)
    try:
        UUID(parts[-1])
    except ValueError:
        parts = []
    if not all(parts) or len(parts) != 3:  # noqa: PLR2004 - counted in the message
        raise ValueError("wanted NAMESPACE/JOB/UUID")
    return text


class OpenLineageOptions(DeliveryOptions):
    """Options of the publisher ``openlineage``."""

    url: SecretAddress | None = Field(
        None, description="address of the lineage service, such as http://marquez:5000"
    )
    endpoint: str = Field("api/v1/lineage", description="path of the service that takes events")
    api_key: HeaderSecret | None = Field(None, description="sent as a bearer token; write ${NAME}")
    headers: Headers = Field(default_factory=dict, description="further headers")
    path: Path | None = Field(None, description="file to append the events to instead, one JSON a line")
    namespace: str = Field("labelgate", min_length=1, description="namespace of the job")
    job: str | None = Field(None, min_length=1, description="name of the job; label_gate.NAME when empty")
    dataset_namespace: str | None = Field(
        None, min_length=1, description="namespace that other tools know the data set by"
    )
    dataset_name: str | None = Field(
        None, min_length=1, description="name that other tools know the data set by"
    )

    parent: Annotated[str, AfterValidator(_parent)] | None = Field(
        None, description="run that the gate belongs to, as NAMESPACE/JOB/UUID: ${OPENLINEAGE_PARENT_ID}"
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.url is None) == (self.path is None):
            raise ValueError("wanted one of `url` and `path`")
        if (self.dataset_namespace is None) != (self.dataset_name is None):
            raise ValueError("`dataset_namespace` and `dataset_name` go together")
        if self.api_key is not None and any(name.lower() == "authorization" for name in self.headers):
            raise ValueError("wanted one of `api_key` and a header named Authorization")
        return self
